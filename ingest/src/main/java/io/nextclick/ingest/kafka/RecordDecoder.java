// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.sequence.SourceRecord;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Decodes a Kafka record as {@link EventJson} does its value, and checks what only Kafka has: the
 * key, which decides over the partition and so over the order of a user's events, and the topic.
 */
final class RecordDecoder {

  private static final byte[] NO_BYTES = {};

  private final boolean itemsTopic;

  /**
   * @param itemsTopic whether the topic holds item descriptions, and only those
   */
  RecordDecoder(boolean itemsTopic) {
    this.itemsTopic = itemsTopic;
  }

  SourceRecord decode(ConsumerRecord<byte[], byte[]> record) {
    byte @Nullable [] value = record.value();
    byte[] bytes = value == null ? NO_BYTES : value;
    return new SourceRecord(
        record.offset(), record.timestamp(), check(record.key(), EventJson.decode(bytes)), bytes);
  }

  private Decoded check(byte @Nullable [] key, Decoded decoded) {
    if (!(decoded instanceof Event event)) {
      return decoded;
    }
    if (itemsTopic != (event.kind() == Event.Kind.ITEM)) {
      return new RejectedEvent(
          Reason.UNKNOWN_ACTION,
          itemsTopic ? "only item events belong here" : "item events belong into the items topic");
    }
    if (key == null) {
      return new RejectedEvent(Reason.KEY_MISMATCH, "the record has no key");
    }
    if (!Arrays.equals(key, event.key().getBytes(StandardCharsets.UTF_8))) {
      String owner = itemsTopic ? "item" : "user";
      return new RejectedEvent(Reason.KEY_MISMATCH, "the key is not the event's " + owner);
    }
    return decoded;
  }
}
