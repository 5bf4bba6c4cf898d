// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.dropwizard.util.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How long a recipe is searched for, and what it may cost to rank with. */
final class BudgetOptions {

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
  java.time.Duration budget = java.time.Duration.ZERO;

  @Option(
      names = "--max-cost",
      paramLabel = "TIME",
      defaultValue = "3ms",
      converter = Time.class,
      description =
          "The most that ranking 500 candidates may take on one core; recipes above it are"
              + " not chosen by a search. Default: ${DEFAULT-VALUE}.")
  java.time.Duration maxCost = java.time.Duration.ZERO;

  /** Reads a time such as {@code 30m}. */
  static final class Time implements ITypeConverter<java.time.Duration> {
    @Override
    public java.time.Duration convert(String text) {
      if (text.equals("0")) {
        return java.time.Duration.ZERO;
      }
      try {
        java.time.Duration time = Duration.parse(text).toJavaDuration();
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
