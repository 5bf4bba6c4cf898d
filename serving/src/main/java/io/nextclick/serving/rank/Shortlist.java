// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.model.Scorer;
import io.nextclick.model.retrieve.TopK;
import io.nextclick.model.slate.BeamBuilder;
import io.nextclick.model.slate.GreedyBuilder;
import io.nextclick.model.slate.ItemEmbeddings;
import io.nextclick.model.slate.MarginalRelevance;
import io.nextclick.model.slate.Prefix;
import io.nextclick.model.slate.Similarity;
import io.nextclick.model.slate.Slate;
import io.nextclick.model.slate.SlateBuilder;
import io.nextclick.model.slate.ValueLimits;
import io.nextclick.serving.api.SlateMethod;
import io.nextclick.serving.api.SlateRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The best of the scored candidates, from which a page is built, and what a page is built by. For
 * one request and one thread.
 */
public final class Shortlist {

  private static final int[] NO_VALUES = {};

  /**
   * What was scored.
   *
   * @param items (candidates,)
   * @param scores (candidates,) finite
   * @param scorer who scored; null for the caller's order
   * @param encoded what the scorer read; null for the caller's order
   * @param catalog has the attributes of the items
   */
  public record Source(
      List<String> items,
      float[] scores,
      @Nullable Scorer scorer,
      @Nullable EncodedRequest encoded,
      ItemCatalog catalog) {}

  private final SlateRequest slate;
  private final Source source;
  private final int[] candidates; // (shortlist,) numbers of the candidates
  private final List<Map<String, List<String>>> attributes; // (shortlist,)
  private final List<String> limitNames = new ArrayList<>(); // the last is dropped first
  private final List<String> withoutValues = new ArrayList<>();
  private final PageRules rules;
  private final double[] values; // (shortlist,) what a click on each is worth
  private final ValueLimits limits;

  private Shortlist(SlateRequest slate, Source source, int[] candidates) {
    this.slate = slate;
    this.source = source;
    this.candidates = candidates;
    this.attributes =
        slate.readsAttributes()
            ? Arrays.stream(candidates).mapToObj(this::attributesOf).toList()
            : List.of();
    this.rules =
        new PageRules(
            slate, Arrays.stream(candidates).mapToObj(source.items::get).toList(), attributes);
    this.values = rules.values(withoutValues);
    this.limits = limits();
  }

  /** The best candidates, best first; of equal ones, that which came first. */
  public static Shortlist best(SlateRequest slate, Source source) {
    int[] best = TopK.select(source.scores, slate.considered());
    return new Shortlist(
        slate,
        source,
        PageRules.withNeeded(
            slate, source.items, source.scores, best, index -> attributesOf(source, index)));
  }

  /** This one, and behind it some candidates that may not be on it. */
  public Shortlist including(int[] others) {
    int[] more =
        IntStream.concat(Arrays.stream(candidates), Arrays.stream(others)).distinct().toArray();
    return more.length == candidates.length ? this : new Shortlist(slate, source, more);
  }

  /** (shortlist,) numbers of the candidates. */
  public int[] candidates() {
    return candidates.clone();
  }

  /** Limits on attributes, of which there may be none. */
  public ValueLimits valueLimits() {
    return limits;
  }

  /** (shortlist,) what a click on each is worth, from 0. */
  public double[] values() {
    return values.clone();
  }

  /** The rules of the page. */
  PageRules rules() {
    return rules;
  }

  /** The limits by name, such as {@code maxPerValue.category}; the last is dropped first. */
  List<String> limitNames() {
    return limitNames;
  }

  /** What the request says of attributes of which nobody on the shortlist has a value. */
  List<String> withoutValues() {
    return withoutValues;
  }

  /**
   * A page before anything is placed, of which the builder takes what is worth most.
   *
   * @return null if the method needs what the scorer does not have
   */
  public @Nullable Prefix empty(SlateMethod method) {
    return switch (method) {
      case TOP -> MarginalRelevance.empty(relevance(), (a, b) -> 0, 1);
      case MMR -> {
        Similarity similarity = similarity();
        yield similarity == null
            ? null
            : MarginalRelevance.empty(relevance(), similarity, slate.relevanceWeight());
      }
      case DECODER -> {
        Scorer scorer = source.scorer;
        EncodedRequest encoded = source.encoded;
        yield scorer == null || encoded == null ? null : scorer.page(encoded.select(candidates));
      }
    };
  }

  /** The page of the request's size that a method builds after nothing is placed. */
  public Slate build(Prefix empty) {
    SlateBuilder builder = slate.width() > 1 ? new BeamBuilder(slate.width()) : new GreedyBuilder();
    return builder.build(empty, values, slate.places(), limits);
  }

  /** By probability, where there is one: by that a page is worth its clicks. */
  private double[] relevance() {
    Scorer scorer = source.scorer;
    EncodedRequest encoded = source.encoded;
    double[] pointwise = new double[candidates.length];
    for (int i = 0; i < pointwise.length; i++) {
      float score = source.scores[candidates[i]];
      pointwise[i] =
          scorer != null && encoded != null && scorer.calibrated()
              ? scorer.probability(score, encoded)
              : score;
    }
    return MarginalRelevance.relevance(pointwise);
  }

  private @Nullable Similarity similarity() {
    List<String> by = slate.similarBy();
    if (by != null) {
      for (String attribute : by) {
        noteWithout("similarBy." + attribute, values(List.of(attribute)));
      }
      return Similarity.ofValues(values(by));
    }
    ItemEmbeddings embeddings = source.scorer == null ? null : source.scorer.itemEmbeddings();
    EncodedRequest encoded = source.encoded;
    return embeddings == null || encoded == null
        ? null
        : embeddings.cosines(
            Arrays.stream(candidates).map(index -> encoded.candidates()[index]).toArray());
  }

  private ValueLimits limits() {
    List<ValueLimits.Limit> all = new ArrayList<>(rules.limits(limitNames));
    orNone(slate.maxPerValue())
        .forEach((attribute, most) -> {
          int[][] values = limited("maxPerValue." + attribute, attribute);
          all.add(new ValueLimits.MaxPerValue(most, values));
        });
    orNone(slate.minDistance())
        .forEach((attribute, least) -> {
          int[][] values = limited("minDistance." + attribute, attribute);
          all.add(new ValueLimits.MinDistance(least, values));
        });
    return new ValueLimits(all, candidates.length);
  }

  private static Map<String, Integer> orNone(@Nullable Map<String, Integer> limits) {
    return limits == null ? Map.of() : limits;
  }

  private int[][] limited(String name, String attribute) {
    limitNames.add(name);
    int[][] values = values(List.of(attribute));
    noteWithout(name, values);
    return values;
  }

  private void noteWithout(String name, int[][] values) {
    if (Arrays.stream(values).allMatch(of -> of.length == 0)) {
      withoutValues.add(name);
    }
  }

  /** (shortlist,) numbers from 0 of the values that each has of some attributes, ascending. */
  private int[][] values(List<String> of) {
    Map<List<String>, Integer> numbers = new HashMap<>();
    int[][] values = new int[candidates.length][];
    for (int i = 0; i < values.length; i++) {
      Map<String, List<String>> item = attributes.get(i);
      IntStream.Builder found = IntStream.builder();
      for (String attribute : of) {
        for (String value : item.getOrDefault(attribute, List.of())) {
          found.add(numbers.computeIfAbsent(List.of(attribute, value), key -> numbers.size()));
        }
      }
      int[] sorted = found.build().distinct().sorted().toArray();
      values[i] = sorted.length == 0 ? NO_VALUES : sorted;
    }
    return values;
  }

  private Map<String, List<String>> attributesOf(int candidate) {
    return attributesOf(source, candidate);
  }

  private static Map<String, List<String>> attributesOf(Source source, int candidate) {
    Item item = source.catalog.get(source.items.get(candidate));
    return item == null ? Map.of() : item.attributes();
  }
}
