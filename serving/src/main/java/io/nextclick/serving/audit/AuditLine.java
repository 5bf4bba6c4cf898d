// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.audit;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.file.FileHash;
import io.nextclick.features.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The lines of the log as JSON: what a call was, or what befell the log itself. */
final class AuditLine {

  /*
   *  {"n":8,"prev":"HASH","time":"2026-11-30T18:00:00.123Z","caller":"shop","roles":["erase"],
   *   "method":"DELETE","route":"/v1/users/{user}","user":"KEYED HASH","status":200,
   *   "outcome":"done","request":"r-1","address":"10.0.0.1"}
   *  {"n":9,"prev":"HASH","time":"2026-11-30T18:00:01.000Z","event":"lost","count":12}
   *
   * prev is the SHA-256 of the line before, its line feed included; 64 zeros before the first one.
   */

  /** The hash before the first line. */
  static final String NONE = "0".repeat(64);

  /** Names a user while the key of the hashes cannot be read. */
  static final String NO_KEY = "no-key";

  private static final JsonMapper JSON = Json.mapper().build();

  /** What befalls the log. */
  enum Event {
    CUT_LINE(
        "cut-line", true, "a kill had left a line of %,d bytes without its end; it was cut off"),
    LOST("lost", true, "%,d entries were lost: the queue was full"),
    NO_HEAD("no-head", false, "at its start the service found lines in %,d files, and no head"),
    HEAD_DIFFERS(
        "head-differs",
        false,
        "at its start the service found other lines than the head knew; %,d fewer");

    private final String label;
    private final boolean harmless;
    private final String sentence;

    Event(String label, boolean harmless, String sentence) {
      this.label = label;
      this.harmless = harmless;
      this.sentence = sentence;
    }

    String sentence(long count) {
      return sentence.formatted(count);
    }

    String label() {
      return label;
    }

    /** Whether nobody need have touched the files for it to happen. */
    boolean isHarmless() {
      return harmless;
    }

    static @Nullable Event of(String label) {
      for (Event event : values()) {
        if (event.label.equals(label)) {
          return event;
        }
      }
      return null;
    }
  }

  /** The fields of a line after the first two. */
  interface Content {
    void write(JsonGenerator json) throws IOException;
  }

  /**
   * What chains a line that was read.
   *
   * @param event null for a call
   * @param count of the event; 0 for a call
   */
  record Chained(long number, String prev, @Nullable Event event, long count) {}

  private AuditLine() {}

  /**
   * A call.
   *
   * @param user the user's name in the log; null for none
   */
  static Content of(AuditEntry entry, @Nullable String user) {
    return json -> {
      json.writeStringField("time", entry.time().toString());
      json.writeStringField("caller", entry.caller());
      json.writeArrayFieldStart("roles");
      for (String role : new TreeSet<>(entry.roles())) {
        json.writeString(role);
      }
      json.writeEndArray();
      json.writeStringField("method", entry.method());
      json.writeStringField("route", entry.route());
      if (user != null) {
        json.writeStringField("user", user);
      }
      json.writeNumberField("status", entry.status());
      json.writeStringField("outcome", entry.outcome());
      if (entry.requestId() != null) {
        json.writeStringField("request", entry.requestId());
      }
      json.writeStringField("address", entry.address());
    };
  }

  /** What befell the log. */
  static Content of(Event event, long count, Instant time) {
    return json -> {
      json.writeStringField("time", time.toString());
      json.writeStringField("event", event.label());
      json.writeNumberField("count", count);
    };
  }

  /** A line with its line feed. */
  static byte[] bytes(long number, String prev, Content content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeNumberField("n", number);
      json.writeStringField("prev", prev);
      content.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    out.write('\n');
    return out.toByteArray();
  }

  /** The hash of a line, its line feed included. */
  static String hash(byte[] line) {
    MessageDigest digest = FileHash.digest();
    digest.update(line);
    return FileHash.hex(digest);
  }

  /** Reads what chains a line; null if it is none of an audit log. */
  static @Nullable Chained read(byte[] line) {
    try {
      JsonNode json = JSON.readTree(line);
      JsonNode number = json == null ? null : json.get("n");
      JsonNode prev = json == null ? null : json.get("prev");
      if (number == null || prev == null || !number.canConvertToLong() || !prev.isTextual()) {
        return null;
      }
      JsonNode event = json.get("event");
      return new Chained(
          number.longValue(),
          prev.textValue(),
          event == null ? null : Event.of(event.asText()),
          json.path("count").asLong());
    } catch (JsonProcessingException e) {
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
