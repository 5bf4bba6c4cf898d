// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.model.retrieve.TopK;
import io.nextclick.model.slate.SlateBuilder;
import io.nextclick.model.slate.ValueLimits;
import io.nextclick.serving.api.Condition;
import io.nextclick.serving.api.PageRule;
import io.nextclick.serving.api.RankedList.AppliedRule;
import io.nextclick.serving.api.SlateRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a page's rules mean for a shortlist. Boosts are what clicks are worth; pins, and behind them
 * shares, are limits, before those by attribute.
 */
final class PageRules {

  private final SlateRequest slate;
  private final List<PageRule> rules;
  private final List<String> items; // (shortlist,)
  private final List<Map<String, List<String>>> attributes; // (shortlist,)

  PageRules(SlateRequest slate, List<String> items, List<Map<String, List<String>>> attributes) {
    this.slate = slate;
    this.rules = slate.rules() == null ? List.of() : slate.rules();
    this.items = items;
    this.attributes = attributes;
  }

  /** What knows the attributes of candidate {@code index}. */
  interface Attributes {
    Map<String, List<String>> of(int index);
  }

  /**
   * A shortlist, and behind it the candidates that rules need and that are not on it: those that
   * are pinned, and the best of a kind that has to have a share.
   *
   * @param shortlist numbers of candidates
   * @param scores (candidates,)
   */
  static int[] withNeeded(
      SlateRequest slate,
      List<String> candidates,
      float[] scores,
      int[] shortlist,
      Attributes attributes) {
    if (slate.rules() == null || shortlist.length == candidates.size()) {
      return shortlist;
    }
    boolean shares = slate.rules().stream().anyMatch(rule -> rule.atLeast() != null);
    int[] best = shares ? TopK.select(scores, scores.length) : shortlist;
    Set<Integer> all = new LinkedHashSet<>();
    Arrays.stream(shortlist).forEach(all::add);
    for (PageRule rule : slate.rules()) {
      if (rule.pin() != null && candidates.contains(rule.pin())) {
        all.add(candidates.indexOf(rule.pin()));
      }
      if (rule.atLeast() != null) {
        int wanted = least(rule.atLeast(), slate.places());
        IntStream.of(best)
            .filter(index -> rule.means(attributes.of(index)))
            .limit(wanted)
            .forEach(all::add);
      }
    }
    return all.stream().mapToInt(index -> index).toArray();
  }

  private static int least(double part, int places) {
    return (int) Math.ceil(part * places - 1e-9);
  }

  /** (shortlist,) what a click on each is worth, from 0. */
  double[] values(List<String> withoutValues) {
    double[] values = SlateBuilder.clicks(items.size());
    String by = slate.valueBy();
    if (by != null) {
      boolean any = false;
      for (int i = 0; i < values.length; i++) {
        double number = Condition.number(attributes.get(i).getOrDefault(by, List.of()));
        values[i] = number > 0 && Double.isFinite(number) ? number : 0;
        any |= values[i] > 0;
      }
      if (!any) {
        Arrays.fill(values, 1);
        withoutValues.add("valueBy." + by);
      }
    }
    for (PageRule rule : rules) {
      for (int i = 0; rule.boost() != null && i < values.length; i++) {
        values[i] *= rule.means(attributes.get(i)) ? rule.boost() : 1;
      }
    }
    return values;
  }

  /**
   * Adds what pins and shares allow; the last is dropped first.
   *
   * @param names receives those of the rules
   */
  List<ValueLimits.Limit> limits(List<String> names) {
    int places = Math.min(slate.places(), items.size());
    @Nullable Integer[] pinned = new Integer[places]; // numbers on the shortlist
    List<ValueLimits.Limit> limits = new ArrayList<>();
    for (int r = 0; r < rules.size(); r++) {
      PageRule rule = rules.get(r);
      int place = rule.place() == null ? 0 : rule.place() - 1;
      int candidate = rule.pin() == null ? -1 : items.indexOf(rule.pin());
      if (candidate >= 0 && place < places) {
        pinned[place] = pinned[place] == null ? (Integer) candidate : pinned[place];
        limits.add(new ValueLimits.Pin(candidate, place));
        names.add(rule.label(r));
      }
    }
    for (int r = 0; r < rules.size(); r++) {
      PageRule rule = rules.get(r);
      if (rule.atLeast() != null || rule.atMost() != null) {
        limits.add(share(rule, pinned));
        names.add(rule.label(r));
      }
    }
    return limits;
  }

  private ValueLimits.Limit share(PageRule rule, @Nullable Integer[] pinned) {
    boolean[] kind = new boolean[items.size()];
    for (int i = 0; i < kind.length; i++) {
      kind[i] = rule.means(attributes.get(i));
    }
    boolean[] open = new boolean[pinned.length];
    for (int place = 0; place < open.length; place++) {
      Integer there = pinned[place];
      open[place] = there == null || kind[there];
    }
    return new ValueLimits.Share(
        kind,
        rule.atLeast() == null ? 0 : least(rule.atLeast(), pinned.length),
        rule.atMost() == null ? pinned.length : (int) (rule.atMost() * pinned.length + 1e-9),
        open);
  }

  /** Pins of what is no candidate, or behind the page's end: name to place, from 1. */
  Map<String, Integer> unmetPins() {
    Map<String, Integer> unmet = new LinkedHashMap<>();
    int places = Math.min(slate.places(), items.size());
    for (int r = 0; r < rules.size(); r++) {
      PageRule rule = rules.get(r);
      Integer place = rule.place();
      if (rule.pin() != null && place != null) {
        if (place > places || !items.contains(rule.pin())) {
          unmet.put(rule.label(r), place);
        }
      }
    }
    return unmet;
  }

  /**
   * The rules that have items on a page; null for none.
   *
   * @param page numbers on the shortlist
   */
  @Nullable List<AppliedRule> applied(int[] page) {
    List<AppliedRule> applied = new ArrayList<>();
    for (int r = 0; r < rules.size(); r++) {
      PageRule rule = rules.get(r);
      List<Integer> places = new ArrayList<>();
      for (int place = 0; place < page.length; place++) {
        boolean stands =
            rule.pin() == null
                ? rule.means(attributes.get(page[place]))
                : Integer.valueOf(place + 1).equals(rule.place())
                    && items.get(page[place]).equals(rule.pin());
        if (stands) {
          places.add(place + 1);
        }
      }
      if (!places.isEmpty()) {
        applied.add(new AppliedRule(rule.label(r), places));
      }
    }
    return applied.isEmpty() ? null : applied;
  }
}
