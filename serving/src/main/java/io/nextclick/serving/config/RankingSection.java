// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import static io.nextclick.serving.config.Bounds.checked;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.dropwizard.util.Duration;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.serving.rank.RankingLimits;
import io.nextclick.serving.resources.RuleSets;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a ranking request may ask for, and the rankers that need no training. */
public final class RankingSection {
  @Min(1)
  @Max(100_000)
  @JsonProperty
  int maxCandidates = 5_000;

  @Min(1)
  @Max(10_000)
  @JsonProperty
  int maxLimit = 1_000;

  @Min(1)
  @JsonProperty
  int defaultLimit = 20;

  @TimeRange(min = "1ms", max = "1h")
  @JsonProperty
  Duration deadline = Duration.seconds(2);

  @NotNull @JsonProperty List<String> excludeActions = List.of();
  @Nullable @JsonProperty List<String> positiveActions = null;

  @JsonProperty @Nullable Path rules = null;

  @TimeRange(min = "1ms", max = "1d")
  @JsonProperty
  Duration refitInterval = Duration.seconds(60);

  /** At least this passes between two fits of the rankers that need no training. */
  public java.time.Duration refitInterval() {
    return refitInterval.toJavaDuration();
  }

  /** What a request may ask for. */
  public RankingLimits limits(FoldSettings fold) {
    TreeSet<Integer> codes = new TreeSet<>();
    for (String action : excludeActions) {
      int code = fold.actionCode(action);
      if (code < 0) {
        throw new IllegalArgumentException(
            "ranking.excludeActions: unknown action: %s, known are %s"
                .formatted(action, fold.actions()));
      }
      codes.add(code);
    }
    return new RankingLimits(
        maxCandidates, maxLimit, defaultLimit, (int) deadline.toMilliseconds(), codes);
  }

  /** Rules of pages by name. */
  public RuleSets rules() {
    Path file = rules;
    if (file == null) {
      return RuleSets.NONE;
    }
    try {
      return RuleSets.of(file);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("ranking.rules: there is no file " + file, e);
    } catch (IOException e) {
      throw new IllegalArgumentException("ranking.rules: " + e.getMessage(), e);
    }
  }

  /** By which actions a user wants an item. */
  public PositiveActions positive(FoldSettings fold) {
    List<String> named = positiveActions;
    return named == null
        ? PositiveActions.of(fold)
        : checked("ranking.positiveActions", () -> PositiveActions.of(fold, named));
  }
}
