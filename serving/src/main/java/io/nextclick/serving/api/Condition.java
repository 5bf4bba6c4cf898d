// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.nextclick.features.event.ScalarText;
import io.nextclick.serving.api.JsonScalars.ScalarList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an attribute of an item has to be. All that is given has to hold; empty lists are the same
 * as none.
 *
 * @param in one of its values is one of these
 * @param notIn none of its values is one of these; items without the attribute meet it
 * @param min its first value is a number, not below this
 * @param max its first value is a number, not above this
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Condition(
    @JsonDeserialize(using = ScalarList.class) @Nullable List<String> in,
    @JsonDeserialize(using = ScalarList.class) @Nullable List<String> notIn,
    @Nullable Double min,
    @Nullable Double max) {

  private static final int MAX_ATTRIBUTES = 8;
  private static final int MAX_VALUES = 64;

  public Condition {
    in = in == null || in.isEmpty() ? null : in;
    notIn = notIn == null || notIn.isEmpty() ? null : notIn;
  }

  /** Whether an item has, of every attribute, what it has to be. */
  public static boolean all(
      Map<String, Condition> conditions, Map<String, List<String>> attributes) {
    for (Map.Entry<String, Condition> one : conditions.entrySet()) {
      if (!one.getValue().holds(attributes.getOrDefault(one.getKey(), List.of()))) {
        return false;
      }
    }
    return true;
  }

  private boolean holds(List<String> values) {
    if (in != null && values.stream().noneMatch(in::contains)) {
      return false;
    }
    if (notIn != null && values.stream().anyMatch(notIn::contains)) {
      return false;
    }
    if (min == null && max == null) {
      return true;
    }
    double number = number(values);
    return number >= (min == null ? Double.NEGATIVE_INFINITY : min)
        && number <= (max == null ? Double.POSITIVE_INFINITY : max);
  }

  /** The first value as a number; NaN if it is none. */
  public static double number(List<String> values) {
    try {
      return values.isEmpty() ? Double.NaN : Double.parseDouble(values.getFirst());
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /**
   * Checks conditions.
   *
   * @throws ProblemException 400, naming the field
   */
  static void check(String field, @Nullable Map<String, Condition> conditions) {
    if (conditions == null) {
      return;
    }
    FieldChecks.count(field, conditions.size(), MAX_ATTRIBUTES, "attributes");
    conditions.forEach((attribute, there) -> {
      @Nullable Condition condition = there; // a body may have null there
      FieldChecks.id(field, attribute);
      String entry = FieldChecks.entry(field, attribute);
      if (condition == null) {
        throw ProblemException.field(entry, "is missing");
      }
      condition.check(entry);
    });
  }

  private void check(String field) {
    if (in == null && notIn == null && min == null && max == null) {
      throw ProblemException.field(field, "has none of in, notIn, min, max");
    }
    checkValues(field + ".in", in);
    checkValues(field + ".notIn", notIn);
    if ((min != null && !Double.isFinite(min)) || (max != null && !Double.isFinite(max))) {
      throw ProblemException.field(field, "has a bound that is no number");
    }
    if (min != null && max != null && min > max) {
      throw ProblemException.field(field, "has a min above its max: nothing meets it");
    }
  }

  private static void checkValues(String field, @Nullable List<String> values) {
    if (values == null) {
      return;
    }
    FieldChecks.count(field, values.size(), MAX_VALUES, "values");
    for (int i = 0; i < values.size(); i++) {
      FieldChecks.text(field + "[" + i + "]", values.get(i), ScalarText.MAX_ATTRIBUTE_BYTES);
    }
  }
}
