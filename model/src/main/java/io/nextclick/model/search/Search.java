// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import io.nextclick.model.train.Recipe;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the recipe that fits a log. First the priors, each a short run; then one change after
 * another of the best so far, as long as there is time; at last the few best by longer runs, each
 * round with half as many (successive halving: Jamieson and Talwalkar, arXiv 1502.07943).
 *
 * <p>A change is taken over when it is better by more than {@link #MARGIN} standard errors: with
 * dozens of trials, some are better by luck.
 *
 * <p>Everything is decided by figures that a second run has too: scores, operations counted, and
 * the one speed that is kept in the journal. A search that was killed ends as if it had not been.
 */
public final class Search {

  /** Standard errors of one recipe's metric; that of a difference of two is far smaller. */
  static final double MARGIN = 0.15;

  private static final double MOST_RESERVED = 0.85;
  private static final double MOST_SEARCHED = 0.95;
  private static final int LEAST_TRIALS = 3;
  private static final int WANTED_TRIALS = 8;
  private static final double CLIMB = 0.65; // of the time, where longer trials come after it
  private static final int FINALISTS = 4;
  private static final double PATIENCE = 3; // times the estimate that a trial may take
  private static final double LONGER = 1.5; // times as long as the trials of a prior took so far

  /** Runs trials. */
  public interface Runner {

    /**
     * Trains and validates, unless the recipe costs too much or cannot be trained on this log.
     *
     * @throws IOException if its files cannot be read or written
     */
    Outcome run(Trial trial) throws IOException;

    /**
     * What a recipe costs to rank with, for the case that none was tried: without a score, and with
     * a refusal if that is too much.
     */
    Outcome cost(Recipe recipe) throws IOException;

    /**
     * Whether the clock leaves time for a trial; the plan itself goes by operations.
     *
     * @param seconds for it, and for what must come after it
     */
    boolean hasTime(double seconds);
  }

  /**
   * What was found.
   *
   * @param trial the last one of this recipe; 0 if none was run
   * @param prior that the recipe began with
   * @param recipe for the last training, with all its epochs
   * @param table every trial
   * @param reasons of the choice, in words
   */
  public record Result(
      int trial, Prior prior, Recipe recipe, List<SearchEntry> table, List<String> reasons) {

    /** All of it, for a file. */
    public SearchReport report() {
      return SearchReport.of(reasons, table);
    }
  }

  private final SearchSpace space;
  private final Map<String, String> fixed;
  private final Pace pace;
  private final Runner runner;
  private final SearchListener listener;
  private final Set<Object> tried = new HashSet<>();
  private final List<SearchEntry> table = new ArrayList<>();
  private final List<Scored> scored = new ArrayList<>();
  private final Map<Prior, Double> taken = new HashMap<>(); // most of the epochs, as a share
  private double spent; // seconds, counted
  private double took; // seconds, by the clock

  /**
   * @param fixed settings that stay as they are
   * @param pace what there is, for the trials and the last training together
   */
  public Search(
      SearchSpace space,
      Map<String, String> fixed,
      Pace pace,
      Runner runner,
      SearchListener listener) {
    this.space = space;
    this.fixed = Map.copyOf(fixed);
    this.pace = pace;
    this.runner = runner;
    this.listener = listener;
  }

  /**
   * Searches.
   *
   * @throws IOException if a trial's files cannot be written
   * @throws IllegalArgumentException if no recipe that is likely costs little enough
   */
  public Result run() throws IOException {
    Prior first = space.priors().getFirst();
    double whole = seconds(first.recipe(fixed), TrialSize.WHOLE);
    TrialSize size = size(whole);
    double search = forTrials(size, whole);
    listener.planned(whole, search, size);
    if (size == null) {
      return likeliest(noRoom(whole));
    }
    double climb = size.equals(TrialSize.WHOLE) ? search : CLIMB * search;
    for (Prior prior : space.priors()) {
      trial(prior.why(), prior, Map.of(), size, climb);
    }
    if (scored.isEmpty()) {
      return likeliest("no trial came to anything: the likeliest recipe");
    }
    climb(size, climb);
    return halve(size, search);
  }

  /** The first of the priors that costs no more than it may. */
  private Result likeliest(String why) throws IOException {
    List<String> reasons = new ArrayList<>(List.of(why));
    double least = Double.POSITIVE_INFINITY;
    for (Prior prior : space.priors()) {
      Recipe recipe = prior.recipe(fixed);
      Outcome cost = runner.cost(recipe);
      if (cost.refusal() == null) {
        return decided(0, prior, recipe, reasons);
      }
      reasons.add(
          String.format(
              Locale.ROOT,
              "not %s (%s): it %s, %.0f us",
              prior.why(),
              new Variation(prior.why(), prior.changes()).text(),
              cost.refusal(),
              cost.costMicros()));
      least = Math.min(least, cost.costMicros());
    }
    throw new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "none of the recipes that are likely for this log ranks 500 candidates within"
                + " --max-cost: the cheapest takes %.0f us; allow more, or give a smaller model,"
                + " such as --set=dim=32 --set=layers=1",
            least));
  }

  private static String noRoom(double whole) {
    return String.format(
        Locale.ROOT,
        "a whole training takes about %.0f s: the budget leaves no room to try others beside it",
        whole);
  }

  /** The largest trials of which enough have room; null if not even small ones have. */
  private @Nullable TrialSize size(double whole) {
    TrialSize smallest = null;
    for (TrialSize size : TrialSize.SIZES) {
      if (size.suits(space.arithmetic().users())) {
        if (forTrials(size, whole) >= WANTED_TRIALS * size.cost() * whole) {
          return size;
        }
        smallest = size;
      }
    }
    boolean some =
        smallest != null && forTrials(smallest, whole) >= LEAST_TRIALS * smallest.cost() * whole;
    return some ? smallest : null;
  }

  /** Seconds for trials. A trial that is a whole training need not be trained once more. */
  private double forTrials(@Nullable TrialSize size, double whole) {
    return TrialSize.WHOLE.equals(size)
        ? MOST_SEARCHED * pace.seconds()
        : pace.seconds() - Math.min(whole, MOST_RESERVED * pace.seconds());
  }

  private double seconds(Recipe recipe, TrialSize size) {
    return seconds(recipe, size, size.of(recipe).optimizer().epochs());
  }

  private double seconds(Recipe recipe, TrialSize size, int epochs) {
    return pace.seconds(space.arithmetic().training(recipe, epochs, size.users()), size.users());
  }

  /**
   * Seconds of a trial or of a whole training of a prior that was tried: where its trials ended
   * early, this one will hardly take all its epochs.
   */
  private double likely(Prior prior, Recipe recipe, TrialSize size) {
    int planned = size.of(recipe).optimizer().epochs();
    double share = Math.min(1, LONGER * taken.getOrDefault(prior, 1.0));
    return seconds(recipe, size, (int) Math.ceil(share * planned));
  }

  /** Takes changes over as long as one helps and there is time. */
  private void climb(TrialSize size, double search) throws IOException {
    boolean helped = true;
    while (helped) {
      helped = false;
      for (List<Variation> axis : space.axes()) {
        Scored best = best(size);
        for (Variation variation : axis) {
          Map<String, String> changes = new TreeMap<>(best.changes());
          changes.putAll(variation.changes());
          trial(variation.why(), best.prior(), changes, size, search);
        }
        helped |= !best(size).equals(best);
      }
    }
  }

  /** The best so far of a size: a later one only if it is better by the margin. */
  private Scored best(TrialSize size) {
    List<Scored> same = scored.stream().filter(one -> one.size().equals(size)).toList();
    Scored best = same.getFirst();
    for (Scored next : same) {
      if (isBetter(next.score(), best.score())) {
        best = next;
      }
    }
    return best;
  }

  private static boolean isBetter(Score one, Score other) {
    return one.metric() > other.metric() + MARGIN * other.error();
  }

  /** Runs a trial unless it was run, is not possible, costs too much, or has no room. */
  private void trial(
      String why, Prior prior, Map<String, String> changes, TrialSize size, double search)
      throws IOException {
    Recipe recipe;
    try {
      recipe = prior.recipe(changes).with(fixed);
    } catch (IllegalArgumentException e) {
      return; // these changes do not go together
    }
    if (!tried.add(List.of(recipe, size))) {
      return;
    }
    double estimate = likely(prior, recipe, size);
    double needed = pace.seconds() - search + estimate;
    if (spent + estimate > search || !runner.hasTime(slowness() * needed)) {
      return;
    }
    var text = new TreeMap<>(prior.changes());
    text.putAll(changes);
    var trial =
        new Trial(
            table.size() + 1,
            why,
            prior.preset(),
            new Variation(why, text).text(),
            size.of(recipe),
            size,
            PATIENCE * estimate);
    listener.begins(trial);
    Outcome outcome = runner.run(trial);
    Score score = outcome.score();
    if (score != null) {
      spent += seconds(recipe, size, score.epochs());
      double share = (double) score.epochs() / trial.recipe().optimizer().epochs();
      took += score.seconds();
      taken.merge(prior, share, Math::max);
      scored.add(new Scored(trial.number(), prior, Map.copyOf(changes), recipe, size, score));
    }
    var entry =
        new SearchEntry(
            trial.number(),
            why,
            trial.preset(),
            trial.changes(),
            size.users(),
            trial.recipe().optimizer().epochs(),
            size.equals(TrialSize.WHOLE),
            outcome);
    table.add(entry);
    listener.ends(entry, score != null && best(size).score().equals(score));
  }

  /** How much slower trials are than was counted: what comes after them will be as slow. */
  private double slowness() {
    return spent == 0 ? 1 : Math.max(1, took / spent);
  }

  /**
   * The few best by longer and longer runs, as far as there is time. Where the best turned out to
   * be quick, so that much is left, changes are tried again by those longer runs.
   */
  private Result halve(TrialSize size, double planned) throws IOException {
    List<Scored> finalists = leaders(scored, size, FINALISTS);
    TrialSize at = size;
    while (!at.equals(TrialSize.WHOLE) && finalists.size() > 1) {
      at = larger(at);
      Scored likeliest = finalists.getFirst();
      double whole = likely(likeliest.prior(), likeliest.recipe(), TrialSize.WHOLE);
      double search = Math.max(planned, forTrials(at, whole));
      int before = scored.size();
      for (Scored one : finalists) {
        trial("one of the best: a longer run", one.prior(), one.changes(), at, search);
      }
      if (scored.size() - before < 2) {
        break; // one alone says nothing of the others
      }
      double left = (at.equals(TrialSize.WHOLE) ? 1 : CLIMB) * (search - spent);
      Scored best = best(at);
      if (left >= WANTED_TRIALS * likely(best.prior(), best.recipe(), at)) {
        climb(at, spent + left);
      }
      List<Scored> longer = scored.subList(before, scored.size());
      finalists = leaders(longer, at, Math.clamp(longer.size() / 2, 1, FINALISTS));
    }
    Scored best = finalists.getFirst();
    return decided(best.number(), best.prior(), best.recipe(), reasons(best));
  }

  private static TrialSize larger(TrialSize size) {
    for (int i = 1; i < TrialSize.SIZES.length; i++) {
      if (TrialSize.SIZES[i].equals(size)) {
        return TrialSize.SIZES[i - 1];
      }
    }
    return TrialSize.WHOLE;
  }

  /** The best first; of equal ones, the earlier. */
  private List<Scored> leaders(List<Scored> of, TrialSize size, int most) {
    List<Scored> ordered = new ArrayList<>(of);
    ordered.sort(Comparator.comparingDouble((Scored one) -> -one.score().metric()));
    Scored best = best(size);
    ordered.remove(best);
    ordered.addFirst(best);
    return ordered.subList(0, Math.min(most, ordered.size()));
  }

  private List<String> reasons(Scored best) {
    List<String> reasons = new ArrayList<>();
    Scored first = scored.getFirst();
    reasons.add(
        String.format(Locale.ROOT, "preset %s: %s", best.prior().preset(), best.prior().why()));
    Map<String, String> why = new HashMap<>();
    space
        .axes()
        .forEach(axis -> axis.forEach(variation -> why.put(variation.text(), variation.why())));
    new TreeMap<>(best.changes())
        .forEach((name, value) ->
            reasons.add(
                "%s=%s: %s"
                    .formatted(
                        name,
                        value,
                        why.getOrDefault(name + "=" + value, "helps on the validation"))));
    String beside =
        best.size().equals(first.size())
            ? String.format(Locale.ROOT, "; the first recipe %.4f", first.score().metric())
            : "";
    reasons.add(
        String.format(
            Locale.ROOT,
            "validation %.4f (standard error %.4f)%s",
            best.score().metric(),
            best.score().error(),
            beside));
    return reasons;
  }

  private Result decided(int trial, Prior prior, Recipe recipe, List<String> reasons) {
    listener.decided(reasons);
    return new Result(trial, prior, recipe, List.copyOf(table), List.copyOf(reasons));
  }
}
