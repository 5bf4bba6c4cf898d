// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.nextclick.features.event.FieldNames;
import io.nextclick.features.event.Ids;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A page instead of a list: the best candidates are a shortlist, of which the page takes one after
 * the other. Empty lists and objects are the same as none.
 *
 * @param size items on the page
 * @param method a {@link SlateMethod} label
 * @param shortlist candidates that the page is built from
 * @param beam beginnings of a page that {@code decoder} goes on with
 * @param lambda what relevance counts with {@code mmr}, from 0 to 1; the rest counts likeness
 * @param similarBy attributes by which {@code mmr} says what is alike; absent for the model's item
 *     embeddings
 * @param maxPerValue attribute to how many items of one value may stand on the page
 * @param minDistance attribute to how many places items of one value are apart at least
 * @param valueBy attribute whose number a click on an item is worth, such as a price; absent where
 *     all clicks are worth the same
 * @param rules what the shop wants beside
 * @param ruleSets names of rules that the service has in a file, which come before these
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SlateRequest(
    @Nullable Integer size,
    String method,
    @Nullable Integer shortlist,
    @Nullable Integer beam,
    @Nullable Double lambda,
    @Nullable List<String> similarBy,
    @Nullable Map<String, Integer> maxPerValue,
    @Nullable Map<String, Integer> minDistance,
    @Nullable String valueBy,
    @Nullable List<PageRule> rules,
    @Nullable List<String> ruleSets) {

  /** The longest page. */
  public static final int MAX_SIZE = 100;

  /** The longest shortlist. */
  public static final int MAX_SHORTLIST = 500;

  private static final int DEFAULT_SIZE = 10;
  private static final int DEFAULT_SHORTLIST = 100;
  private static final double DEFAULT_LAMBDA = 0.7;
  private static final int MAX_BEAM = 16;
  private static final int MAX_ATTRIBUTES = 8;

  public SlateRequest {
    similarBy = similarBy == null || similarBy.isEmpty() ? null : similarBy;
    maxPerValue = maxPerValue == null || maxPerValue.isEmpty() ? null : maxPerValue;
    minDistance = minDistance == null || minDistance.isEmpty() ? null : minDistance;
    rules = rules == null || rules.isEmpty() ? null : rules;
    ruleSets = ruleSets == null || ruleSets.isEmpty() ? null : ruleSets;
  }

  /** A page without values and rules. */
  public SlateRequest(
      @Nullable Integer size,
      String method,
      @Nullable Integer shortlist,
      @Nullable Integer beam,
      @Nullable Double lambda,
      @Nullable List<String> similarBy,
      @Nullable Map<String, Integer> maxPerValue,
      @Nullable Map<String, Integer> minDistance) {
    this(
        size,
        method,
        shortlist,
        beam,
        lambda,
        similarBy,
        maxPerValue,
        minDistance,
        null,
        null,
        null);
  }

  /** Items on the page, if there are as many. */
  public int places() {
    return size == null ? DEFAULT_SIZE : size;
  }

  /** Candidates that the page is built from, if there are as many. */
  public int considered() {
    return shortlist == null ? Math.max(DEFAULT_SHORTLIST, places()) : shortlist;
  }

  /** Beginnings of a page that are kept: 1 takes the best at each place. */
  public int width() {
    return beam == null ? 1 : beam;
  }

  /** What relevance counts. */
  public double relevanceWeight() {
    return lambda == null ? DEFAULT_LAMBDA : lambda;
  }

  /**
   * How the page is to be built.
   *
   * @throws ProblemException 400 if no method has the name
   */
  public SlateMethod by() {
    @Nullable String named = method; // absent from a body
    if (named == null) {
      throw ProblemException.field("slate.method", "is missing: one of " + methods());
    }
    SlateMethod by = SlateMethod.of(named);
    if (by == null) {
      throw ProblemException.field(
          "slate.method",
          "is not one of %s%s"
              .formatted(methods(), FieldNames.suggestion(named, SlateMethod.LABELS)));
    }
    return by;
  }

  private static String methods() {
    return String.join(", ", SlateMethod.LABELS);
  }

  /** Whether the page depends on attributes of items. */
  public boolean readsAttributes() {
    return similarBy != null
        || maxPerValue != null
        || minDistance != null
        || valueBy != null
        || rules != null;
  }

  /** This with what it left to the service. */
  public SlateRequest filled() {
    return new SlateRequest(
        places(),
        method,
        considered(),
        by() == SlateMethod.DECODER ? (Integer) width() : null,
        by() == SlateMethod.MMR ? (Double) relevanceWeight() : null,
        similarBy,
        maxPerValue,
        minDistance,
        valueBy,
        rules,
        null);
  }

  /**
   * This with the rules of its sets before its own.
   *
   * @throws ProblemException 400 if they are too many
   */
  public SlateRequest withRules(List<PageRule> ofSets) {
    List<PageRule> all = new ArrayList<>(ofSets);
    if (rules != null) {
      all.addAll(rules);
    }
    FieldChecks.count("slate.ruleSets", all.size(), PageRule.MAX_RULES, "rules with slate.rules");
    return new SlateRequest(
        size,
        method,
        shortlist,
        beam,
        lambda,
        similarBy,
        maxPerValue,
        minDistance,
        valueBy,
        all,
        null);
  }

  /** What is wrong with it, for one who asks by other means than a request; null for nothing. */
  public @Nullable String fault() {
    try {
      check(MAX_SIZE);
      return null;
    } catch (ProblemException e) {
      return e.getMessage();
    }
  }

  /**
   * Checks it.
   *
   * @param maxSize the longest list that the service gives
   * @throws ProblemException 400, naming the field
   */
  void check(int maxSize) {
    SlateMethod by = by();
    FieldChecks.range("slate.size", size, 1, Math.min(MAX_SIZE, maxSize));
    FieldChecks.range("slate.shortlist", shortlist, places(), MAX_SHORTLIST);
    FieldChecks.range("slate.beam", beam, 1, MAX_BEAM);
    if (lambda != null && !(lambda >= 0 && lambda <= 1)) {
      throw ProblemException.field("slate.lambda", "is not between 0 and 1");
    }
    checkOnlyWith("slate.beam", beam, SlateMethod.DECODER, by);
    checkOnlyWith("slate.lambda", lambda, SlateMethod.MMR, by);
    checkOnlyWith("slate.similarBy", similarBy, SlateMethod.MMR, by);
    checkSimilarBy();
    checkLimits("slate.maxPerValue", maxPerValue);
    checkLimits("slate.minDistance", minDistance);
    if (valueBy != null) {
      FieldChecks.id("slate.valueBy", valueBy);
    }
    if (rules != null) {
      PageRule.checkAll("slate.rules", rules);
    }
    FieldChecks.ids("slate.ruleSets", ruleSets, PageRule.MAX_RULES);
  }

  private static void checkOnlyWith(
      String field, @Nullable Object value, SlateMethod needed, SlateMethod by) {
    if (value != null && by != needed) {
      throw ProblemException.field(
          field, "goes with the method %s, not with %s".formatted(needed.label(), by.label()));
    }
  }

  private void checkSimilarBy() {
    if (similarBy == null) {
      return;
    }
    FieldChecks.count("slate.similarBy", similarBy.size(), MAX_ATTRIBUTES, "attributes");
    for (int i = 0; i < similarBy.size(); i++) {
      FieldChecks.id("slate.similarBy[" + i + "]", similarBy.get(i));
    }
  }

  private static void checkLimits(String field, @Nullable Map<String, Integer> limits) {
    if (limits == null) {
      return;
    }
    FieldChecks.count(field, limits.size(), MAX_ATTRIBUTES, "attributes");
    limits.forEach((attribute, limit) -> {
      String fault = Ids.fault(attribute);
      if (fault != null) {
        throw ProblemException.field(field, "has an attribute that " + fault);
      }
      String entry = FieldChecks.entry(field, attribute);
      if (limit == null) {
        throw ProblemException.field(entry, "is missing");
      }
      FieldChecks.range(entry, limit, 1, MAX_SIZE);
    });
  }
}
