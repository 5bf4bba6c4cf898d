// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.WantedFold;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how many entries of a user the fold keeps. */
public final class HistoryOptions {

  @Option(
      names = "--history",
      paramLabel = "N",
      defaultValue = "256",
      description =
          "As store.maxHistory of the service: the fold keeps this many actions of a user. Default:"
              + " ${DEFAULT-VALUE}.")
  private int maxHistory = FoldSettings.DEFAULT.capacity().maxHistory();

  @Option(
      names = "--impressions",
      paramLabel = "N",
      description =
          "As store.maxImpressions: this many impressions beside them; 0: none beside them, both"
              + " share the room of --history. Default: 256, and in a store that exists what it"
              + " has.")
  private @Nullable Integer maxImpressions;

  /**
   * What is kept of a user, in a new store.
   *
   * @throws CommandFailed if a number is out of range
   */
  public Capacity read() throws CommandFailed {
    return of(FoldSettings.DEFAULT).settings().capacity();
  }

  /**
   * What is kept, as part of the name of a run: with one room in the words of before there were
   * two, so that one that was begun then goes on.
   *
   * @throws CommandFailed if a number is out of range
   */
  public String identity() throws CommandFailed {
    Capacity capacity = read();
    return capacity.isShared()
        ? Integer.toString(capacity.maxHistory())
        : capacity.maxHistory() + " and " + capacity.maxImpressions() + " impressions";
  }

  /**
   * Settings with these rooms.
   *
   * @throws CommandFailed if a number is out of range
   */
  public WantedFold of(FoldSettings settings) throws CommandFailed {
    try {
      return WantedFold.of(settings.withMaxHistory(maxHistory), maxImpressions);
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(
          "--history=%d%s: %s; it is from 1 to 65536, or 0 impressions for one room"
              .formatted(
                  maxHistory,
                  maxImpressions == null ? "" : " --impressions=" + maxImpressions,
                  e.getMessage()),
          e);
    }
  }
}
