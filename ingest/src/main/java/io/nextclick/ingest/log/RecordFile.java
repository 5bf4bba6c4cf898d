// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.json.Json;
import io.nextclick.features.mapping.EventMapper;
import io.nextclick.features.mapping.EventMapping;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads records of any shape as events: lines of JSON, or the elements of one array, plain, {@code
 * .gz} or {@code .zst} by the file's name. Holds one record at a time.
 */
public final class RecordFile {

  /** Numbers keep the text that they have. */
  private static final JsonMapper JSON =
      Json.mapper()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private RecordFile() {}

  /** Takes one record. */
  public interface Visitor {

    /**
     * Takes one.
     *
     * @param number its line, or its place in the array, from 1
     * @param value its bytes
     * @param decoded the event that comes of it, or why none does
     */
    void visit(long number, byte[] value, Decoded decoded) throws IOException;
  }

  /**
   * Reads all records.
   *
   * @param mapping how they become events; null if they are events
   * @param times what behaviour may have
   * @throws IOException if the file cannot be read, or is an array that is no JSON
   */
  public static void read(
      Path file, @Nullable EventMapping mapping, PlausibleTimes times, Visitor visitor)
      throws IOException {
    EventMapper mapper = mapping == null ? null : new EventMapper(mapping, times);
    String name = String.valueOf(file.getFileName());
    Records records =
        (number, value, length) -> {
          String place = name + "-" + number;
          visitor.visit(number, value, decode(mapper, times, value, length, place));
        };
    if (isArray(file)) {
      readArray(file, records);
    } else {
      readLines(file, records);
    }
  }

  private static Decoded decode(
      @Nullable EventMapper mapper, PlausibleTimes times, byte[] value, long length, String place) {
    if (length > EventJson.MAX_BYTES) {
      return new RejectedEvent(
          Reason.TOO_LARGE, "%d bytes, at most %d".formatted(length, EventJson.MAX_BYTES));
    }
    return mapper == null ? EventJson.decode(value, times) : mapper.decode(value, place);
  }

  private interface Records {
    void next(long number, byte[] value, long length) throws IOException;
  }

  private static void readLines(Path file, Records records) throws IOException {
    try (LineReader in = LineReader.open(file, EventJson.MAX_BYTES)) {
      for (LineReader.Line line = in.nextWithText(); line != null; line = in.nextWithText()) {
        records.next(line.number(), line.value(), line.length());
      }
    }
  }

  private static void readArray(Path file, Records records) throws IOException {
    long number = 0;
    try (InputStream in = open(file);
        JsonParser json = JSON.createParser(in)) {
      json.nextToken();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        byte[] value = JSON.writeValueAsBytes(JSON.readTree(json));
        records.next(++number, value, value.length);
      }
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s: no array of records: %s after record %d"
              .formatted(
                  file,
                  String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse(""),
                  number),
          e);
    }
  }

  /** Whether the first sign that is no blank is a bracket. */
  private static boolean isArray(Path file) throws IOException {
    try (InputStream in = open(file)) {
      for (int b = in.read(); b >= 0; b = in.read()) {
        boolean mark = b == 0xEF || b == 0xBB || b == 0xBF; // a byte-order mark
        if (!Character.isWhitespace(b) && !mark) {
          return b == '[';
        }
      }
      return false;
    }
  }

  private static InputStream open(Path file) throws IOException {
    InputStream raw = Files.newInputStream(file);
    try {
      return new BufferedInputStream(Compression.of(file).decompress(raw), 1 << 16);
    } catch (IOException e) {
      raw.close();
      throw new IOException(file + ": not readable as its name says: " + e.getMessage(), e);
    }
  }
}
