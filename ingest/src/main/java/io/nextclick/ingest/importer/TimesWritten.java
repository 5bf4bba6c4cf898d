// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.ingest.log.EventSorter;
import org.jspecify.annotations.Nullable;

/** The range of times of the behaviour written, and how many rows share theirs; in time order. */
final class TimesWritten {

  private EventSorter.@Nullable Key last;
  private long rowsOfLast; // rows of the last one's user and time
  private long rows;
  private long tied;
  private long first;

  /** Notes an event of behaviour; keys come in order. */
  void add(EventSorter.Key key) {
    EventSorter.Key before = last;
    if (before == null) {
      first = key.timeMillis();
    }
    if (before == null || before.timeMillis() != key.timeMillis() || before.user() != key.user()) {
      rowsOfLast = 1;
      rows++;
    } else if (before.row() != key.row()) {
      rowsOfLast++;
      rows++;
      tied += rowsOfLast == 2 ? 2 : 1;
    }
    last = key;
  }

  /** Epoch milliseconds of the oldest event. */
  long firstMillis() {
    return first;
  }

  /** Epoch milliseconds of the newest event. */
  long lastMillis() {
    return last == null ? 0 : last.timeMillis();
  }

  /** Rows counted. */
  long rows() {
    return rows;
  }

  /** Rows that have a time at which the same user has another. */
  long tied() {
    return tied;
  }
}
