// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.nextclick.features.event.RejectedEvent.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The JSON form of an {@link Event}: one object per Kafka record, per line of a log file and per
 * line of {@code POST /v1/events}. All of them decode here, so that the same bytes are accepted and
 * refused everywhere.
 */
public final class EventJson {

  /** The longest record in bytes. */
  public static final int MAX_BYTES = 1 << 20;

  /* Limits are set by hand because Jackson's defaults allow 20 MB strings and 1,000 levels. */
  private static final JsonFactory JSON =
      JsonFactory.builder()
          // Names come from outside: they are not kept in tables that all parsers share.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(32)
                  .maxStringLength(64 << 10)
                  .maxNumberLength(64)
                  .maxNameLength(1 << 10)
                  .maxDocumentLength(MAX_BYTES)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private EventJson() {}

  /** Decodes one record where no setting says which times are plausible, such as a log file. */
  public static Decoded decode(byte @Nullable [] value) {
    return decode(value, PlausibleTimes.DEFAULT);
  }

  /**
   * Decodes one record; whatever the bytes, this returns.
   *
   * @param value the record's bytes, or null for a record without a value
   * @param times what behaviour may have
   */
  public static Decoded decode(byte @Nullable [] value, PlausibleTimes times) {
    if (value == null || value.length == 0) {
      return new RejectedEvent(Reason.EMPTY, "the record has no bytes");
    }
    if (value.length > MAX_BYTES) {
      return new RejectedEvent(
          Reason.TOO_LARGE, "%d bytes, at most %d".formatted(value.length, MAX_BYTES));
    }
    // Jackson would guess UTF-16 and UTF-32 from raw bytes, and accept overlong forms.
    CharBuffer text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value));
    } catch (CharacterCodingException e) {
      return new RejectedEvent(Reason.NOT_UTF8, "the bytes are not UTF-8: " + e.getMessage());
    }
    if (text.hasRemaining() && text.get(0) == BYTE_ORDER_MARK) {
      text.position(1);
    }
    try (var parser =
        JSON.createParser(text.array(), text.arrayOffset() + text.position(), text.remaining())) {
      return new EventReader(parser, times).read();
    } catch (EventReader.Refused refused) {
      return new RejectedEvent(refused.reason, refused.detail);
    } catch (StreamConstraintsException e) {
      return new RejectedEvent(Reason.TOO_LARGE, EventReader.brief(e));
    } catch (JsonProcessingException e) {
      return new RejectedEvent(Reason.NOT_JSON, EventReader.brief(e));
    } catch (IOException e) {
      throw new AssertionError("an array in memory does not fail to read", e);
    }
  }

  /** Encodes an event, without a line break; {@link #decode} gives the same event back. */
  public static byte[] encode(Event event) {
    var out = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("id", event.id());
      json.writeStringField("action", event.action());
      if (event.user() != null) {
        json.writeStringField("user", event.user());
      }
      writeItems(json, event.items());
      json.writeNumberField("time", event.timeMillis());
      if (event.request() != null) {
        json.writeStringField("request", event.request());
      }
      writeContext(json, event.context());
      writeFields(json, event.fields());
      writeAttributes(json, event.attributes());
      if (!event.available()) {
        json.writeBooleanField("available", false);
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static void writeItems(JsonGenerator json, List<String> items) throws IOException {
    if (items.size() == 1) {
      json.writeStringField("item", items.getFirst());
    } else if (!items.isEmpty()) {
      json.writeArrayFieldStart("items");
      for (String item : items) {
        json.writeString(item);
      }
      json.writeEndArray();
    }
  }

  private static void writeContext(JsonGenerator json, Map<String, String> context)
      throws IOException {
    if (!context.isEmpty()) {
      json.writeObjectFieldStart("context");
      // Sorted: the same event must have the same bytes in every process.
      for (var entry : new TreeMap<>(context).entrySet()) {
        json.writeStringField(entry.getKey(), entry.getValue());
      }
      json.writeEndObject();
    }
  }

  private static void writeFields(JsonGenerator json, CandidateFields fields) throws IOException {
    if (!fields.isEmpty()) {
      json.writeObjectFieldStart("fields");
      for (var entry : fields.lists().entrySet()) {
        json.writeArrayFieldStart(entry.getKey());
        for (Float value : entry.getValue()) {
          if (value == null) {
            json.writeNull();
          } else {
            json.writeNumber(value);
          }
        }
        json.writeEndArray();
      }
      json.writeEndObject();
    }
  }

  private static void writeAttributes(JsonGenerator json, Map<String, List<String>> attributes)
      throws IOException {
    if (!attributes.isEmpty()) {
      json.writeObjectFieldStart("attributes");
      for (var entry : new TreeMap<>(attributes).entrySet()) {
        json.writeArrayFieldStart(entry.getKey());
        for (String value : entry.getValue()) {
          json.writeString(value);
        }
        json.writeEndArray();
      }
      json.writeEndObject();
    }
  }
}
