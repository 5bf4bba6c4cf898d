// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.ingest.log.EventSorter;
import io.nextclick.ingest.log.RefusedRows;
import io.nextclick.ingest.table.Row;
import io.nextclick.ingest.table.Table;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Takes what an importer reads: hands good events on, counts them, and notes refused rows. */
public final class ImportOutput implements Table.Refusals {

  /** What stands for the user in the key of an event that is no behaviour. */
  static final long NOBODY = 0;

  /** When times are made up, the time of row 0: 2000-01-01T00:00:00Z; row n is n seconds later. */
  static final long FIRST_TIME_MILLIS = 946_684_800_000L;

  private static final long PROGRESS_EVERY = 1 << 14;

  private final EventSorter sorter;
  private final ImportSettings settings;
  private final RefusedRows rows;
  private final LongConsumer progress;
  private final Map<String, Long> actions = new TreeMap<>();
  private final DistinctCount items = new DistinctCount();
  private final DistinctCount users = new DistinctCount();
  private String lastFile = ""; // of the row of the last event
  private long lastLine;
  private long lastTie; // what orders that row among those of its user and time
  private long rowsWritten;
  private long events;
  private boolean timesMadeUp;

  ImportOutput(
      EventSorter sorter, ImportSettings settings, RefusedRows rows, LongConsumer progress) {
    this.sorter = sorter;
    this.settings = settings;
    this.rows = rows;
    this.progress = progress;
  }

  /** What holds for every format. */
  ImportSettings settings() {
    return settings;
  }

  /** The time of a row that has none: n seconds after {@link #FIRST_TIME_MILLIS} for line n. */
  long madeUpTime(long line) {
    timesMadeUp = true;
    return FIRST_TIME_MILLIS + line * 1_000;
  }

  /**
   * Writes an event, or refuses its row when no reader of the log would take the event.
   *
   * @return whether it was written
   */
  boolean write(Row row, Event event) throws IOException {
    byte[] line = EventJson.encode(event);
    String fault = fault(event, line);
    if (fault != null) {
      refuse(row, fault);
      return false;
    }
    if (row.line() != lastLine || !row.file().equals(lastFile)) {
      rows.taken(row.file());
      rowsWritten++;
      lastFile = row.file();
      lastLine = row.line();
      lastTie = tie(event);
    }
    sorter.add(key(event), line);
    events++;
    actions.merge(event.action(), 1L, Long::sum);
    event.items().forEach(items::add);
    if (event.user() != null) {
      users.add(event.user());
    }
    if (events % PROGRESS_EVERY == 0) {
      progress.accept(events);
    }
    return true;
  }

  private @Nullable String fault(Event event, byte[] line) {
    if (event.kind() == Event.Kind.BEHAVIOUR
        && FoldSettings.DEFAULT.actionCode(event.action()) < 0) {
      return "unknown action '%s': map it (--map %s=click), or use one of %s"
          .formatted(event.action(), event.action(), FoldSettings.DEFAULT.actions());
    }
    if (EventJson.decode(line, PlausibleTimes.EVER) instanceof RejectedEvent rejected) {
      return rejected.reason().label() + ": " + rejected.detail();
    }
    if (lost(event.user())
        || lost(event.request())
        || event.items().stream().anyMatch(this::lost)) {
      return "bad-id: it holds U+FFFD, which stands for a character that was lost before";
    }
    PlausibleTimes times = settings.times();
    return event.kind() == Event.Kind.BEHAVIOUR && !timesMadeUp
        ? times.fault(event.timeMillis())
        : null;
  }

  /** What behaviour may have. */
  PlausibleTimes times() {
    return settings.times();
  }

  private boolean lost(@Nullable String id) {
    return id != null && id.indexOf('\ufffd') >= 0;
  }

  /** One user's rows of one time come in an order that no order of the file can give away. */
  private long tie(Event event) {
    String user = event.user();
    return event.kind() != Event.Kind.BEHAVIOUR || user == null
        ? 0
        : NameHash.of(settings.seed(), user, event.items().getFirst());
  }

  private EventSorter.Key key(Event event) {
    String user = event.user();
    return event.kind() != Event.Kind.BEHAVIOUR || user == null
        ? new EventSorter.Key(event.timeMillis(), NOBODY, 0, rowsWritten)
        : new EventSorter.Key(event.timeMillis(), NameHash.of(user), lastTie, rowsWritten);
  }

  @Override
  public void refuse(Row row, String reason) throws IOException {
    rows.refuse(row.file(), row.line(), reason, row.text());
  }

  /** Events of behaviour so far. */
  long behaviour() {
    return events - actions.getOrDefault(Event.ITEM, 0L) - actions.getOrDefault(Event.USER, 0L);
  }

  ImportSummary summary(TimesWritten times) {
    return new ImportSummary(
        actions,
        items.toString(),
        users.toString(),
        Instant.ofEpochMilli(times.firstMillis()),
        Instant.ofEpochMilli(times.lastMillis()),
        timesMadeUp,
        (double) times.tied() / Math.max(1, times.rows()),
        settings.seed(),
        rows);
  }
}
