// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a {@link RankRequest}: items, best first, and how they came about.
 *
 * @param request the id that impressions and clicks of this list should repeat
 * @param model what ordered the list
 * @param history what was known of the user
 * @param items best first
 * @param experiment the user's arm; absent when all users get the same model
 * @param fallback null when the first model answered, else why it did not: a {@link Fallback} label
 * @param unreadFields names of numbers that came with the candidates and that no model reads which
 *     might have answered; absent for none
 * @param missingFields names of numbers that the model reads and that none of the given candidates
 *     has; absent for none
 * @param timing microseconds that each stage took, such as {@code encode}, and their sum as {@code
 *     total}; {@code place} for a page only
 * @param explanation only when asked for
 * @param slate how the items came to be a page; absent unless one was asked for
 */
public record RankedList(
    String request,
    Model model,
    History history,
    List<RankedItem> items,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Experiment experiment,
    @Nullable String fallback,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<String> unreadFields,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<String> missingFields,
    Map<String, Long> timing,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Explanation explanation,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Slate slate) {

  /**
   * What ordered a list.
   *
   * @param name {@code caller-order} when no model could answer
   * @param version of that model
   * @param calibrated whether it was fitted to what became of impressions, so that the items have
   *     click probabilities
   */
  public record Model(String name, String version, boolean calibrated) {}

  /**
   * An assignment of the user to one of several models.
   *
   * @param arm {@code NAME/VERSION} of the model that the user is to get, even where a fallback
   *     answered: compare users by this
   */
  public record Experiment(String arm) {}

  /**
   * The state that the list was made from.
   *
   * @param events entries of the user's sequence
   * @param partition the partition of the user's events; null for an unknown user, unless another
   *     process reads it
   * @param offset the first offset of that partition not yet folded; null for an unknown user
   * @param ageMillis how far the state may lag behind the log: every event acknowledged before is
   *     in it; null when that is not known
   * @param ageUnknown why there is no age: {@code catching-up}, {@code unassigned}, {@code
   *     not-owned}, {@code no-log}, or the {@link Fallback} of a state that was not read; absent
   *     when there is one
   */
  public record History(
      int events,
      @Nullable Integer partition,
      @Nullable Long offset,
      @Nullable Long ageMillis,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String ageUnknown) {}

  /**
   * One place of the list.
   *
   * @param rank 1 for the best; the place on a page
   * @param score what the model computed, and orders the list by, if it is no page: finite,
   *     comparable within one version of a model; 1 / rank for the caller's order
   * @param probability that the user clicks; null unless the model is calibrated
   * @param placeProbability that the user clicks on it at its place, after the items before it;
   *     absent but for a page of a calibrated model's decoder
   * @param because the events that moved the item most, the strongest first; absent unless asked
   *     for
   */
  public record RankedItem(
      String item,
      int rank,
      float score,
      @Nullable Double probability,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Double placeProbability,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<Reason> because) {

    /** A place without reasons. */
    public RankedItem(String item, int rank, float score, @Nullable Double probability) {
      this(item, rank, score, probability, null, null);
    }

    /** This place with its reasons. */
    public RankedItem because(List<Reason> reasons) {
      return new RankedItem(item, rank, score, probability, placeProbability, reasons);
    }
  }

  /**
   * An event of the user's history and what it did to an item.
   *
   * @param item of the event
   * @param action of the event
   * @param time of the event, ISO-8601
   * @param change the probability less what it would be without the event; of the score where there
   *     is no probability
   * @param attention the share of the model's attention that the event gets, 0 to 1, as the mean of
   *     heads and layers: a hint, no proof; absent for models without attention
   */
  public record Reason(
      String item,
      String action,
      String time,
      double change,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Double attention) {}

  /**
   * What became of the candidates, and how far reasons were looked for.
   *
   * @param candidates given, or in the catalogue; of a large catalogue, those that were found
   * @param dropped by filter: {@code duplicate}, {@code excluded}, {@code unavailable}, {@code
   *     seen}, {@code filtered}
   * @param scored candidates that were scored
   * @param events of the history that were left out in turn, the newest ones
   * @param complete whether those are all that the model read: else the history is long, or the
   *     deadline was near
   */
  public record Explanation(
      int candidates, Map<String, Integer> dropped, int scored, int events, boolean complete) {}

  /**
   * How a page was built.
   *
   * @param method a {@link SlateMethod} label
   * @param fallback null when that is the method asked for, else why it is not: a {@link
   *     SlateFallback} label
   * @param shortlist candidates that it was built from
   * @param applied rules that have items on the page; absent for none
   * @param dropped limits and rules that no candidate left could meet everywhere; absent for none
   * @param withoutValues limits, and attributes to compare by, of which no candidate on the
   *     shortlist has a value; absent for none
   */
  public record Slate(
      String method,
      @Nullable String fallback,
      int shortlist,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<AppliedRule> applied,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<DroppedLimit> dropped,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<String> withoutValues) {}

  /**
   * A rule that has items on a page.
   *
   * @param rule its name
   * @param places ranks of the items that it pins, boosts or counts
   */
  public record AppliedRule(String rule, List<Integer> places) {}

  /**
   * A limit or rule that did not hold everywhere.
   *
   * @param limit such as {@code maxPerValue.category}, or the name of a rule
   * @param places ranks at which it was dropped
   */
  public record DroppedLimit(String limit, List<Integer> places) {}
}
