// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.serving.api.CandidateList;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Under which names the rows of a run have numbers of candidates: a misspelt one would else pass
 * without a word.
 */
public final class FieldsGiven {

  private static final int MAX_NAMES = 64;

  private final Set<String> names = new TreeSet<>();

  /** Notes the names of a list; those that no item has a number under do not count. */
  public void add(@Nullable CandidateList list) {
    CandidateFields fields = list == null ? CandidateFields.NONE : list.fields();
    for (String name : fields.names()) {
      if (names.size() < MAX_NAMES && fields.has(name)) {
        names.add(name);
      }
    }
  }

  /** What to say to somebody whose model reads numbers of some names. */
  public List<String> against(List<String> read) {
    List<String> unread = names.stream().filter(name -> !read.contains(name)).toList();
    List<String> missing = read.stream().filter(name -> !names.contains(name)).toList();
    List<String> notes = new ArrayList<>();
    if (!unread.isEmpty()) {
      notes.add("Numbers of candidates that the model does not read: " + String.join(", ", unread));
    }
    if (!missing.isEmpty()) {
      notes.add("Numbers that the model reads and no candidate has: " + String.join(", ", missing));
    }
    return notes;
  }
}
