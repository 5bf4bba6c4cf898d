// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.ingest.importer.ImportSummary.Refused;
import io.nextclick.ingest.log.EventLogWriter;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/** Takes what an importer reads: writes good events, counts them, and notes refused rows. */
public final class ImportOutput {

  private static final long PROGRESS_EVERY = 1 << 14;

  private final EventLogWriter writer;
  private final LongConsumer progress;
  private final Map<String, Long> actions = new TreeMap<>();
  private final DistinctCount items = new DistinctCount();
  private final DistinctCount users = new DistinctCount();
  private final Map<String, Refused> refused = new TreeMap<>();

  ImportOutput(EventLogWriter writer, LongConsumer progress) {
    this.writer = writer;
    this.progress = progress;
  }

  /**
   * Writes an event, or refuses its row when no reader of the log would take the event.
   *
   * @return whether it was written
   */
  boolean write(Row row, Event event) throws IOException {
    byte[] line = EventJson.encode(event);
    if (EventJson.decode(line) instanceof RejectedEvent rejected) {
      refuse(row, rejected.reason().label() + ": " + rejected.detail());
      return false;
    }
    if (event.kind() == Event.Kind.BEHAVIOUR
        && FoldSettings.DEFAULT.actionCode(event.action()) < 0) {
      refuse(row, "unknown-action: not one of " + FoldSettings.DEFAULT.actions());
      return false;
    }
    writer.write(line);
    actions.merge(event.action(), 1L, Long::sum);
    event.items().forEach(items::add);
    if (event.user() != null) {
      users.add(event.user());
    }
    if (writer.lines() % PROGRESS_EVERY == 0) {
      progress.accept(writer.lines());
    }
    return true;
  }

  /** Notes a row that gives no event; only the first place of each reason is kept. */
  void refuse(Row row, String reason) {
    Refused known = refused.get(reason);
    if (known != null || refused.size() < ImportSummary.MAX_REASONS) {
      refused.put(reason, known == null ? new Refused(1, row.place()) : known.oneMore());
    } else {
      refused.merge(
          ImportSummary.OTHER_REASONS, new Refused(1, row.place()), (old, one) -> old.oneMore());
    }
  }

  ImportSummary summary() {
    return new ImportSummary(actions, items.toString(), users.toString(), refused);
  }
}
