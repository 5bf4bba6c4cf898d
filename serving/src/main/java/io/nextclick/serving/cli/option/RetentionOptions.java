// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import io.dropwizard.util.Duration;
import io.nextclick.features.sequence.Retention;
import picocli.CommandLine.Option;

/** The option that says after which silence a user is forgotten. */
public final class RetentionOptions {

  @Option(
      names = "--retention",
      paramLabel = "TIME",
      defaultValue = "0s",
      description =
          "The fold forgets users who were silent for longer, such as 400d, as store.retention of"
              + " the service; 0s: never. Default: ${DEFAULT-VALUE}.")
  private String time = "0s";

  /**
   * The retention.
   *
   * @throws CommandFailed if it is no time, or none that is allowed
   */
  public Retention read() throws CommandFailed {
    try {
      return new Retention(Duration.parse(time).toMilliseconds());
    } catch (IllegalArgumentException e) {
      throw new CommandFailed("--retention=%s: %s".formatted(time, e.getMessage()), e);
    }
  }
}
