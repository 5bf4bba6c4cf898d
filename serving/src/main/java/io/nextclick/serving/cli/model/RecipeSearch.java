// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.model.search.Arithmetic;
import io.nextclick.model.search.Outcome;
import io.nextclick.model.search.Pace;
import io.nextclick.model.search.Score;
import io.nextclick.model.search.ScoringCost;
import io.nextclick.model.search.Search;
import io.nextclick.model.search.SearchEntry;
import io.nextclick.model.search.SearchJournal;
import io.nextclick.model.search.SearchListener;
import io.nextclick.model.search.SearchSpace;
import io.nextclick.model.search.Trial;
import io.nextclick.model.search.TrialSize;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainedModel;
import io.nextclick.model.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Searches the recipe that fits a log: its trials are trainings on the log. */
final class RecipeSearch implements Search.Runner, SearchListener {

  private static final int USERS_TIMED = 3_000;
  private static final int KEPT_SHARE = 8; // of the heap, for what one trial has read for others
  private static final double MOST_OVER = 1.05; // of the budget
  private static final double GRID = 1.25; // so that most runs on one machine plan the same

  /**
   * What is wanted.
   *
   * @param budget for the search and the last training
   * @param maxCost to rank 500 candidates on one core
   * @param fixed settings that stay as they are
   * @param identity tells this search from others
   * @param startNanos when the command began, by {@link System#nanoTime}
   */
  record Wish(
      Duration budget,
      Duration maxCost,
      long seed,
      int threads,
      Map<String, String> fixed,
      String identity,
      long startNanos) {}

  private final TrainingTask task;
  private final SearchSpace space;
  private final Wish wish;
  private final TrainingRun files;
  private final SearchProgress progress;
  private int kept; // the trial whose state is
  private double before; // seconds of an earlier process
  private double lastAsked; // seconds at the end of the epoch before

  RecipeSearch(TrainingTask task, Wish wish, TrainingRun files, SearchProgress progress)
      throws IOException {
    this.task = task;
    this.space = task.space();
    this.wish = wish;
    this.files = files;
    this.progress = progress;
  }

  /**
   * Searches, or goes on with a search.
   *
   * @throws IOException if its files cannot be read or written
   */
  Search.Result run() throws IOException {
    files.requireNoOther();
    progress.keeps(task.keep(Runtime.getRuntime().maxMemory() / KEPT_SHARE));
    SearchJournal journal = SearchJournal.open(files.journal(), wish.identity(), this::pace, this);
    if (journal.known() > 0) {
      before = seconds(wish.budget()) - journal.pace().seconds() + journal.seconds();
    }
    progress.resumes(journal.known());
    Search.Result found = new Search(space, wish.fixed(), journal.pace(), journal, this).run();
    files.chosen(found.trial());
    return found;
  }

  @Override
  public void planned(double whole, double search, @Nullable TrialSize size) {
    progress.planned(whole, search, size);
  }

  @Override
  public void begins(Trial trial) {
    progress.begins(trial);
  }

  /** The state of the best whole training is kept: it need not be trained once more. */
  @Override
  public void ends(SearchEntry entry, boolean best) throws IOException {
    progress.ends(entry, best);
    if (best && entry.isWhole()) {
      files.forgetTrial(kept);
      kept = entry.number();
    } else {
      files.forgetTrial(entry.number());
    }
  }

  @Override
  public void decided(List<String> reasons) {
    progress.decided(reasons);
  }

  private static double seconds(Duration time) {
    return time.toMillis() / 1e3;
  }

  /** Seconds since the beginning, with those of an earlier process. */
  private double elapsed() {
    return before + (System.nanoTime() - wish.startNanos()) / 1e9;
  }

  /** Whether one more epoch, as long as the one just done, would take more than the budget. */
  boolean isOver() {
    double now = elapsed();
    double epoch = now - lastAsked;
    lastAsked = now;
    return now + epoch > MOST_OVER * seconds(wish.budget());
  }

  @Override
  public boolean hasTime(double seconds) {
    return elapsed() + seconds < seconds(wish.budget());
  }

  /** Of the second epoch of the first prior: the first one warms the machine up. */
  private Pace pace() throws IOException {
    Recipe recipe =
        space.priors().getFirst().recipe(wish.fixed()).with(Map.of("epochs", "2", "patience", "2"));
    double share = Math.min(1, (double) USERS_TIMED / Math.max(1, space.arithmetic().users()));
    progress.measures();
    var timer = new EpochTimer();
    double begin = elapsed();
    costMicros(recipe);
    train(recipe, share, null, timer, this::isOver);
    double around = elapsed() - begin - timer.seconds();
    double speed = space.arithmetic().epoch(recipe) * share / timer.lastSeconds();
    double onGrid = Math.pow(GRID, Math.floor(Math.log(speed) / Math.log(GRID)));
    return new Pace(onGrid, around, share, Math.max(0, seconds(wish.budget()) - elapsed()));
  }

  @Override
  public Outcome run(Trial trial) throws IOException {
    Outcome costs = cost(trial.recipe());
    if (costs.refusal() != null) {
      return costs;
    }
    double cost = costs.costMicros();
    long begin = System.nanoTime();
    try {
      TrainedModel trained =
          train(
              trial.recipe(),
              trial.size().users(),
              files.trial(trial.number()),
              progress.ofTrial(trial),
              () -> (System.nanoTime() - begin) / 1e9 > trial.seconds() || isOver());
      var score =
          new Score(
              trained.validation(),
              trained.error(),
              trained.best(),
              trained.history().size(),
              (System.nanoTime() - begin) / 1e9);
      return new Outcome(cost, score, null);
    } catch (IllegalArgumentException e) {
      return new Outcome(cost, null, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public Outcome cost(Recipe recipe) {
    double cost = costMicros(recipe);
    boolean dear = cost > wish.maxCost().toNanos() / 1e3;
    return new Outcome(cost, null, dear ? "costs more than --max-cost to rank" : null);
  }

  /** What ranking 500 candidates takes, for a user of usual length. */
  private double costMicros(Recipe recipe) {
    Arithmetic shape = space.arithmetic();
    return ScoringCost.micros(recipe, shape.items(), shape.medianEvents());
  }

  private TrainedModel train(
      Recipe recipe,
      double share,
      @Nullable Path checkpoint,
      TrainingListener listener,
      BooleanSupplier stop)
      throws IOException {
    lastAsked = elapsed();
    return task.train(
        recipe,
        share,
        new TrainingTask.Run(wish.seed(), wish.threads(), checkpoint, listener, stop, false));
  }
}
