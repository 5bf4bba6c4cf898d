// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.file.DurableFile;
import io.nextclick.features.json.Json;
import io.nextclick.model.train.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a search has found out so far, in a file that is there as a whole or not at all: its speed,
 * and what each trial came to. A search that begins anew reads what it would compute.
 */
public final class SearchJournal implements Search.Runner {

  private static final JsonMapper JSON =
      Json.mapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  /**
   * A line of it.
   *
   * @param recipe settings by name
   * @param users share of the users; 0 where only the cost was measured
   * @param outcome what came of it
   */
  record Line(Map<String, String> recipe, double users, Outcome outcome) {

    boolean isOf(Recipe other, double share) {
      return recipe.equals(other.settings()) && users == share;
    }
  }

  record Content(String identity, Pace pace, List<Line> trials) {}

  /** Measures how fast this machine is, and what is left of the budget after it. */
  public interface Measure {
    Pace pace() throws IOException;
  }

  private final Path file;
  private final Search.Runner runner;
  private final Content content;
  private int next;

  private SearchJournal(Path file, Search.Runner runner, Content content) {
    this.file = file;
    this.runner = runner;
    this.content = content;
  }

  /**
   * Opens, or begins, a journal.
   *
   * @param identity tells this search from those with other settings or data
   * @param measure is asked where nothing is known yet
   * @param runner of what is not in it
   * @throws IOException if it is damaged, or another search's
   */
  public static SearchJournal open(
      Path file, String identity, Measure measure, Search.Runner runner) throws IOException {
    if (!Files.exists(file)) {
      var begun = new Content(identity, measure.pace(), new ArrayList<>());
      var journal = new SearchJournal(file, runner, begun);
      journal.save();
      return journal;
    }
    Content content;
    try {
      content = JSON.readValue(file.toFile(), Content.class);
    } catch (JsonProcessingException e) {
      throw another(file, "it is damaged", e);
    }
    if (!content.identity.equals(identity)) {
      throw another(file, "it is of other settings, data or program", null);
    }
    return new SearchJournal(file, runner, content);
  }

  private static IOException another(Path file, String why, @Nullable Exception cause) {
    return new IOException(
        "cannot go on from " + file + ": " + why + "; --fresh starts anew", cause);
  }

  /** Trials that are known already. */
  public int known() {
    return content.trials.size();
  }

  /** As it was measured when the search began. */
  public Pace pace() {
    return content.pace;
  }

  /** Seconds that the trials known already have taken. */
  public double seconds() {
    return content.trials.stream()
        .map(line -> line.outcome.score())
        .mapToDouble(score -> score == null ? 0 : score.seconds())
        .sum();
  }

  private void save() throws IOException {
    DurableFile.write(file, JSON.writeValueAsString(content));
  }

  @Override
  public boolean hasTime(double seconds) {
    return next < content.trials.size() || runner.hasTime(seconds);
  }

  @Override
  public Outcome run(Trial trial) throws IOException {
    return known(trial.recipe(), trial.size().users(), () -> runner.run(trial));
  }

  @Override
  public Outcome cost(Recipe recipe) throws IOException {
    return known(recipe, 0, () -> runner.cost(recipe));
  }

  private interface Finding {
    Outcome outcome() throws IOException;
  }

  /** What is known already, or is found now and kept. */
  private Outcome known(Recipe recipe, double users, Finding finding) throws IOException {
    if (next < content.trials.size()) {
      Line line = content.trials.get(next++);
      if (!line.isOf(recipe, users)) {
        throw another(file, "its trial %d is another one".formatted(next), null);
      }
      return line.outcome;
    }
    Outcome outcome = finding.outcome();
    content.trials.add(new Line(recipe.settings(), users, outcome));
    next++;
    save();
    return outcome;
  }
}
