// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import io.nextclick.features.event.FieldNames;
import io.nextclick.features.event.Ids;
import io.nextclick.features.event.ScalarText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What fields of a body have to be; each throws a {@link ProblemException} 400 that names it. */
public final class FieldChecks {

  private FieldChecks() {}

  /** Refuses what is no id. */
  public static void id(String field, @Nullable String id) {
    if (id == null) {
      throw ProblemException.field(field, "is missing");
    }
    String fault = Ids.fault(id);
    if (fault != null) {
      throw ProblemException.field(field, fault);
    }
  }

  /** Refuses a list of more than so many, and one with what is no id. */
  static void ids(String field, @Nullable List<String> ids, int max) {
    if (ids == null) {
      return;
    }
    if (ids.size() > max) {
      throw ProblemException.field(field, "has %d items, at most %d".formatted(ids.size(), max));
    }
    for (int i = 0; i < ids.size(); i++) {
      id(field + "[" + i + "]", ids.get(i));
    }
  }

  static void range(String field, @Nullable Integer value, int min, int max) {
    if (value != null && (value < min || value > max)) {
      throw ProblemException.field(field, "is not between %d and %d".formatted(min, max));
    }
  }

  /** Refuses an object of more entries. */
  static void count(String field, int count, int max, String what) {
    if (count > max) {
      throw ProblemException.field(field, "has %d %s, at most %d".formatted(count, what, max));
    }
  }

  static void text(String field, @Nullable String value, int maxBytes) {
    String fault = ScalarText.fault(value, maxBytes);
    if (fault != null) {
      throw ProblemException.field(field, fault);
    }
  }

  /** An entry of an object. */
  static String entry(String field, String name) {
    return field + "." + FieldNames.shown(name);
  }
}
