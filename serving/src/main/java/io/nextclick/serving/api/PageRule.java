// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a shop wants of a page beside what users want: one of {@code pin}, {@code boost}, {@code
 * atLeast} and {@code atMost}.
 *
 * @param name in the answer; its place among the rules when absent
 * @param pin the item that stands at {@code place}, if it is a candidate
 * @param place from 1
 * @param boost what a click on an item {@code where} is worth, 1 being that on another; below 1
 *     items are buried
 * @param atLeast the part of the page's items that are {@code where}, from 0 to 1
 * @param atMost likewise
 * @param where what items are meant
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PageRule(
    @Nullable String name,
    @Nullable String pin,
    @Nullable Integer place,
    @Nullable Double boost,
    @Nullable Double atLeast,
    @Nullable Double atMost,
    @Nullable Map<String, Condition> where) {

  /** Rules of a page at most. */
  public static final int MAX_RULES = 32;

  private static final double MAX_BOOST = 1_000;

  public PageRule {
    where = where == null || where.isEmpty() ? null : where;
  }

  /** Whether an item is meant. */
  public boolean means(Map<String, List<String>> attributes) {
    return where != null && Condition.all(where, attributes);
  }

  /** The name in answers. */
  public String label(int index) {
    return name == null ? "rules[" + index + "]" : name;
  }

  /**
   * The rules of a set, named by it where they have no names.
   *
   * @throws ProblemException 400, naming the field
   */
  public static List<PageRule> ofSet(String set, @Nullable List<PageRule> rules) {
    String field = FieldChecks.entry("sets", set);
    FieldChecks.id(field, set);
    if (rules == null) {
      throw ProblemException.field(field, "is missing");
    }
    checkAll(field, rules);
    List<PageRule> named = new ArrayList<>();
    for (PageRule rule : rules) {
      named.add(rule.named(set + "[" + named.size() + "]"));
    }
    return List.copyOf(named);
  }

  private PageRule named(String label) {
    return name != null ? this : new PageRule(label, pin, place, boost, atLeast, atMost, where);
  }

  /** Checks rules, of which there may be some. */
  static void checkAll(String field, List<PageRule> rules) {
    FieldChecks.count(field, rules.size(), MAX_RULES, "rules");
    for (int i = 0; i < rules.size(); i++) {
      @Nullable PageRule rule = rules.get(i); // a body may have null there
      if (rule == null) {
        throw ProblemException.field(field + "[" + i + "]", "is missing");
      }
      rule.check(field + "[" + i + "]");
    }
  }

  /**
   * Checks it.
   *
   * @param field that it stands in
   * @throws ProblemException 400, naming the field
   */
  void check(String field) {
    if (name != null) {
      FieldChecks.id(field + ".name", name);
    }
    if (Stream.of(pin, boost, atLeast, atMost).filter(Objects::nonNull).count() != 1) {
      throw ProblemException.field(field, "is not one of pin, boost, atLeast, atMost");
    }
    if (pin != null) {
      FieldChecks.id(field + ".pin", pin);
      if (place == null || where != null) {
        throw ProblemException.field(field, "has pin, which goes with place, and not with where");
      }
      FieldChecks.range(field + ".place", place, 1, SlateRequest.MAX_SIZE);
      return;
    }
    if (place != null || where == null) {
      throw ProblemException.field(
          field, "says what becomes of items, and goes with where, and not with place");
    }
    Condition.check(field + ".where", where);
    if (boost != null && !(boost >= 0 && boost <= MAX_BOOST)) {
      throw ProblemException.field(field + ".boost", "is not between 0 and 1000");
    }
    checkPart(field + ".atLeast", atLeast);
    checkPart(field + ".atMost", atMost);
  }

  private static void checkPart(String field, @Nullable Double part) {
    if (part != null && !(part >= 0 && part <= 1)) {
      throw ProblemException.field(field, "is not between 0 and 1");
    }
  }
}
