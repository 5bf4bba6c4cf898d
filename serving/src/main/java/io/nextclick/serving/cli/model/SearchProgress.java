// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.model.search.Score;
import io.nextclick.model.search.SearchEntry;
import io.nextclick.model.search.SearchListener;
import io.nextclick.model.search.Trial;
import io.nextclick.model.search.TrialSize;
import io.nextclick.model.train.Epoch;
import io.nextclick.model.train.TrainingListener;
import io.nextclick.serving.cli.option.Progress;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the terminal shows of a search: a row per trial, and the trial in progress. */
final class SearchProgress implements SearchListener {

  private final PrintWriter out;
  private final Progress line = Progress.onTerminal();

  SearchProgress(PrintWriter out) {
    this.out = out;
  }

  /** Says what stays in memory between the trials, if there is anything to say. */
  void keeps(@Nullable String what) {
    if (what != null) {
      say("%s", what);
    }
  }

  /** Before this machine's speed is measured. */
  void measures() {
    say("Measuring how fast this machine learns ...");
  }

  /** Says how many trials an earlier run has left. */
  void resumes(int trials) {
    if (trials > 0) {
      say("Going on with a search: %d trials are known", trials);
    }
  }

  @Override
  public void planned(double whole, double search, @Nullable TrialSize size) {
    if (size == null) {
      return; // the reasons say it
    }
    say(
        "A whole training takes about %.0f s; %.0f s for trials, each with %.0f %% of the users and"
            + " %.0f %% of the epochs",
        whole, search, 100 * size.users(), 100 * size.epochs());
    say(
        "%5s  %10s  %7s  %6s  %6s  %s",
        "trial", "validation", "seconds", "epoch", "cost us", "recipe");
  }

  @Override
  public void begins(Trial trial) {
    line.show("trial %d: %s".formatted(trial.number(), trial.changes()));
  }

  @Override
  public void ends(SearchEntry entry, boolean best) {
    line.close();
    Score score = entry.outcome().score();
    String recipe = entry.preset() + " " + entry.changes();
    if (score == null) {
      say(
          "%5d  %10s  %7s  %6s  %6.0f  %s: %s",
          entry.number(),
          "-",
          "-",
          "-",
          entry.outcome().costMicros(),
          recipe,
          String.valueOf(entry.outcome().refusal()));
    } else {
      say(
          "%5d  %9.4f%s  %7.1f  %3d/%-3d %6.0f  %s",
          entry.number(),
          score.metric(),
          best ? "*" : " ",
          score.seconds(),
          score.best(),
          score.epochs(),
          entry.outcome().costMicros(),
          recipe);
    }
  }

  @Override
  public void decided(List<String> reasons) {
    reasons.forEach(reason -> say("Chosen: %s", reason));
  }

  /** Shows the epochs of a trial. */
  TrainingListener ofTrial(Trial trial) {
    return new TrainingListener() {
      @Override
      public void start(Plan plan) {
        line.show("trial %d: %s".formatted(trial.number(), trial.changes()));
      }

      @Override
      public void batch(Position at) {
        line.show(
            String.format(
                Locale.ROOT,
                "trial %d, epoch %d/%d, batch %d/%d: loss %.4f; %s",
                trial.number(),
                at.epoch(),
                trial.recipe().optimizer().epochs(),
                at.batch(),
                at.batches(),
                at.loss(),
                trial.changes()));
      }

      @Override
      public void epoch(Epoch epoch, boolean best) {
        // The row of the trial has it.
      }
    };
  }

  private void say(String format, Object... values) {
    out.printf(Locale.ROOT, format + "%n", values);
    out.flush();
  }
}
