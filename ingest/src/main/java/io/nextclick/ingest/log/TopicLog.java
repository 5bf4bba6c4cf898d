// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A line of a topic log: where a record stands in Kafka, and its event.
 *
 * <pre>{@code
 * {"topic":"nextclick-events","partition":2,"offset":17,"appended":1795341600123,"event":{"id":...}}
 * {"topic":"nextclick-events","partition":2,"offset":18,"appended":1795341600125,"refused":"not-json"}
 * }</pre>
 */
public final class TopicLog {

  private static final JsonFactory JSON = new JsonFactory();
  private static final byte[] NO_BYTES = {};

  private TopicLog() {}

  /** One record as a line, without its line feed. */
  public static byte[] encode(TopicRecord line) {
    SourceRecord record = line.record();
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("topic", line.partition().topic());
      json.writeNumberField("partition", line.partition().partition());
      json.writeNumberField("offset", record.offset());
      json.writeNumberField("appended", record.appendTimeMillis());
      switch (record.decoded()) {
        case Event event -> {
          json.writeFieldName("event");
          json.writeRawValue(new String(EventJson.encode(event), StandardCharsets.UTF_8));
        }
        case RejectedEvent refused -> json.writeStringField("refused", refused.reason().label());
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /**
   * Decodes a line.
   *
   * @param times what behaviour may have
   * @throws IOException if it is none
   */
  static TopicRecord decode(byte[] line, PlausibleTimes times) throws IOException {
    String topic = "";
    int partition = -1;
    long offset = -1;
    long appended = -1;
    @Nullable Decoded decoded = null;
    byte[] value = NO_BYTES;
    try (JsonParser json = JSON.createParser(line)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("not a JSON object");
      }
      for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
        json.nextToken();
        switch (field) {
          case "topic" -> topic = json.getText();
          case "partition" -> partition = json.getIntValue();
          case "offset" -> offset = json.getLongValue();
          case "appended" -> appended = json.getLongValue();
          case "event" -> {
            int from = (int) json.currentTokenLocation().getByteOffset();
            json.skipChildren();
            value = Arrays.copyOfRange(line, from, (int) json.currentLocation().getByteOffset());
            decoded = EventJson.decode(value, times);
          }
          case "refused" -> decoded = new RejectedEvent(reason(json.getText()), "when it was read");
          default -> throw new IOException("a field that no line has: " + field);
        }
      }
    }
    if (topic.isEmpty() || partition < 0 || offset < 0 || decoded == null) {
      throw new IOException("topic, partition, offset or event is missing");
    }
    return new TopicRecord(
        new SourcePartition(topic, partition), new SourceRecord(offset, appended, decoded, value));
  }

  private static Reason reason(String label) throws IOException {
    for (Reason reason : Reason.values()) {
      if (reason.label().equals(label)) {
        return reason;
      }
    }
    throw new IOException("refused: no reason is called " + label);
  }
}
