// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.serving.api.CandidateList;
import io.nextclick.serving.models.LoadedModel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Numbers of candidates by name, where request and model do not agree on the names: a misspelt one
 * would else pass without a word, and the model would take every candidate for one without it.
 *
 * @param unread of the request, which no model of the ladder reads; null for none
 * @param missing that the model reads, and no candidate has; null for none
 */
record FieldCheck(@Nullable List<String> unread, @Nullable List<String> missing) {

  /*
   * Whether a name is read is asked of the whole ladder: while a fallback answers, which reads
   * nothing, the caller's names are as right as before.
   */

  private static final FieldCheck NONE = new FieldCheck(null, null);

  /**
   * Compares the names.
   *
   * @param given the request's candidates; null for the whole catalogue, which has no numbers
   * @param ladder whom the request could reach
   */
  static FieldCheck of(@Nullable CandidateList given, List<LoadedModel> ladder, Scored scored) {
    if (given == null) {
      return NONE;
    }
    List<String> unread =
        given.fields().names().stream()
            .filter(
                name -> ladder.stream().noneMatch(model -> model.scorer().fields().contains(name)))
            .toList();
    LoadedModel model = scored.model();
    CandidateFields fields = scored.candidates().fields();
    List<String> missing =
        model == null || scored.candidates().items().isEmpty()
            ? List.of()
            : model.scorer().fields().stream().filter(name -> !fields.has(name)).toList();
    return new FieldCheck(orNull(unread), orNull(missing));
  }

  private static @Nullable List<String> orNull(List<String> names) {
    return names.isEmpty() ? null : names;
  }
}
