// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How long a recipe is searched for, and what it may cost to rank with. */
public final class BudgetOptions {

  @Option(
      names = "--budget",
      paramLabel = "TIME",
      defaultValue = "30m",
      converter = Time.class,
      description = {
        "Without --preset: how long to search for the recipe that fits the log and to train"
            + " it, together, such as 30m or 2h.",
        "0 takes what is likeliest for such a log, as it is. Default: ${DEFAULT-VALUE}."
      })
  private Duration budget = Duration.ZERO;

  @Option(
      names = "--max-cost",
      paramLabel = "TIME",
      defaultValue = "3ms",
      converter = Time.class,
      description =
          "The most that ranking 500 candidates may take on one core; recipes above it are"
              + " not chosen by a search. Default: ${DEFAULT-VALUE}.")
  private Duration maxCost = Duration.ZERO;

  /** For the search and the last training; zero to search nothing. */
  public Duration budget() {
    return budget;
  }

  /** To rank 500 candidates on one core. */
  public Duration maxCost() {
    return maxCost;
  }

  /** Reads a time such as {@code 30m}. */
  static final class Time implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      if (text.equals("0")) {
        return Duration.ZERO;
      }
      try {
        Duration time = io.dropwizard.util.Duration.parse(text).toJavaDuration();
        if (time.isNegative() || time.toDays() > 30) {
          throw new TypeConversionException(text + " is not between 0 and 30 days");
        }
        return time;
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(
            text + " is no time; take one such as 30m, 2h or 3ms, or 0");
      }
    }
  }
}
