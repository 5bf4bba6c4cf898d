// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.mapping.EventMapper;
import io.nextclick.features.mapping.EventMapping;
import io.nextclick.features.mapping.EventMapping.KeyRule;
import io.nextclick.features.sequence.SourceRecord;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Decodes a Kafka record as {@link EventJson} or a mapping does its value, and checks what only
 * Kafka has: the key, which decides over the partition and so over the order of a user's events,
 * and the topic.
 */
public final class RecordDecoder {

  private static final byte[] NO_BYTES = {};

  /** On every record that we write: its value is an event, whatever shape others write. */
  static final String HEADER = "nextclick";

  private final boolean itemsTopic;
  private final PlausibleTimes times;
  private final @Nullable EventMapping mapping;
  private final @Nullable EventMapper mapper;

  private RecordDecoder(boolean itemsTopic, PlausibleTimes times, @Nullable EventMapping mapping) {
    this.itemsTopic = itemsTopic;
    this.times = times;
    this.mapping = mapping;
    this.mapper = mapping == null ? null : new EventMapper(mapping, times);
  }

  /**
   * Of the events topic.
   *
   * @param times what behaviour may have
   * @param mapping how its records become events; null if they are events
   */
  public static RecordDecoder ofEvents(PlausibleTimes times, @Nullable EventMapping mapping) {
    return new RecordDecoder(false, times, mapping);
  }

  /** Of the topic that holds item descriptions, and only those. */
  public static RecordDecoder ofItems(PlausibleTimes times) {
    return new RecordDecoder(true, times, null);
  }

  public SourceRecord decode(ConsumerRecord<byte[], byte[]> record) {
    byte @Nullable [] value = record.value();
    byte[] bytes = value == null ? NO_BYTES : value;
    return new SourceRecord(record.offset(), record.timestamp(), decode(record, bytes), bytes);
  }

  private Decoded decode(ConsumerRecord<byte[], byte[]> record, byte[] value) {
    if (mapper == null || mapping == null || record.headers().lastHeader(HEADER) != null) {
      return check(record.key(), EventJson.decode(value, times), true);
    }
    String place = record.topic() + "-" + record.partition() + "-" + record.offset();
    return check(record.key(), mapper.decode(value, place), mapping.key() == KeyRule.USER);
  }

  private Decoded check(byte @Nullable [] key, Decoded decoded, boolean keyed) {
    if (!(decoded instanceof Event event)) {
      return decoded;
    }
    if (itemsTopic != (event.kind() == Event.Kind.ITEM)) {
      return new RejectedEvent(
          Reason.UNKNOWN_ACTION,
          itemsTopic ? "only item events belong here" : "item events belong in the items topic");
    }
    if (!keyed) {
      return decoded;
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
