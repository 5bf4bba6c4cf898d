// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.ingest.log.RefusedRows;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an import did.
 *
 * @param actions action to number of events written
 * @param items number of items, or "more than" the largest number counted
 * @param users number of users, likewise
 * @param first time of the oldest behaviour
 * @param last time of the newest behaviour
 * @param timesMadeUp whether the input has no times
 * @param tiedShare share of rows of behaviour at whose time the same user has another, 0 to 1
 * @param seed of the order of such rows
 * @param rows what was taken and refused
 */
public record ImportSummary(
    Map<String, Long> actions,
    String items,
    String users,
    Instant first,
    Instant last,
    boolean timesMadeUp,
    double tiedShare,
    long seed,
    RefusedRows rows) {

  public ImportSummary {
    actions = Collections.unmodifiableMap(new TreeMap<>(actions));
  }

  /** Events written. */
  public long events() {
    return actions.values().stream().mapToLong(Long::longValue).sum();
  }

  /** What was written and refused, for a person. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    actions.forEach(
        (action, count) -> lines.add(String.format(Locale.ROOT, "  %-12s %,12d", action, count)));
    lines.add(
        String.format(
            Locale.ROOT,
            "%,d events of %s users and %s items, from %s to %s; %,d rows refused",
            events(),
            users,
            items,
            first,
            last,
            rows.rowsRefused()));
    if (timesMadeUp) {
      lines.add("Times were made up, a second per row: the input has none.");
    }
    if (tiedShare > 0) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%.2f %% of the rows have a time at which the same user has another; such rows were"
                  + " put in an order drawn with seed %d.",
              tiedShare * 100,
              seed));
    }
    lines.addAll(rows.lines());
    return lines;
  }
}
