// SPDX-License-Identifier: Apache-2.0
package io.nextclick.spark;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.sequence.SourceRecord;
import java.nio.charset.StandardCharsets;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * A row of the event log: {@code offset} BIGINT, {@code value} STRING or BINARY, the event's JSON.
 */
final class LogRow {

  private LogRow() {}

  /** The row as the fold reads it. */
  static SourceRecord record(Row row) {
    Object value = row.getAs("value");
    byte[] bytes =
        value instanceof byte[] binary
            ? binary
            : String.valueOf(value).getBytes(StandardCharsets.UTF_8);
    return new SourceRecord(row.getAs("offset"), SourceRecord.UNKNOWN_TIME, decode(bytes), bytes);
  }

  private static Decoded decode(byte[] bytes) {
    return bytes.length <= EventJson.MAX_BYTES
        ? EventJson.decode(bytes)
        : new RejectedEvent(Reason.TOO_LARGE, bytes.length + " bytes");
  }

  /** Whose history the row belongs to, or null: an item's event, or none at all. */
  static @Nullable String user(Row row) {
    return record(row).decoded() instanceof Event event ? event.user() : null;
  }

  /** Whether the row is about an item. */
  static boolean isItem(Row row) {
    return record(row).decoded() instanceof Event event && event.kind() == Event.Kind.ITEM;
  }
}
