// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What an import did.
 *
 * @param actions action to number of events written
 * @param items number of items, or "more than" the largest number counted
 * @param users number of users, likewise
 * @param refused reason to rows refused, at most {@value #MAX_REASONS} reasons and {@value
 *     #OTHER_REASONS}
 */
public record ImportSummary(
    Map<String, Long> actions, String items, String users, Map<String, Refused> refused) {

  /** Reasons told apart. */
  static final int MAX_REASONS = 50;

  /** The reason that takes what goes beyond {@link #MAX_REASONS}. */
  static final String OTHER_REASONS = "other reasons";

  /**
   * Rows refused for one reason.
   *
   * @param rows how many
   * @param first file and line of the first
   */
  public record Refused(long rows, String first) {

    Refused oneMore() {
      return new Refused(rows + 1, first);
    }
  }

  public ImportSummary {
    actions = Collections.unmodifiableMap(new TreeMap<>(actions));
    refused = Collections.unmodifiableMap(new TreeMap<>(refused));
  }

  /** Events written. */
  public long events() {
    return actions.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Rows refused. */
  public long rowsRefused() {
    return refused.values().stream().mapToLong(Refused::rows).sum();
  }

  /** The counts, one per line, for a person. */
  public List<String> lines() {
    Stream<String> written =
        actions.entrySet().stream()
            .map(e -> String.format(Locale.ROOT, "  %-12s %,12d", e.getKey(), e.getValue()));
    Stream<String> rows =
        refused.entrySet().stream()
            .map(e ->
                String.format(
                    Locale.ROOT,
                    "  refused %,d rows, first %s: %s",
                    e.getValue().rows(),
                    e.getValue().first(),
                    e.getKey()));
    String last =
        String.format(
            Locale.ROOT,
            "%,d events of %s users and %s items; %,d rows refused",
            events(),
            users,
            items,
            rowsRefused());
    return Stream.of(written, rows, Stream.of(last)).flatMap(s -> s).toList();
  }
}
