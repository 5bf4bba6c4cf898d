// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.json.Json;
import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.Retention;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The lines of an answer log: a {@link Header} at the start of each file, then answers.
 *
 * <p>Version 1 had no scores, and {@code p} of every model, calibrated or not; version 2 had no
 * hashes, version 3 no numbers of candidates. All are still read.
 */
final class AnswerFormat {

  /** The name of the log, which its files begin with. */
  static final String NAME = "answers";

  private static final String FORMAT = "nextclick-answers";
  private static final int VERSION = 4;
  private static final int FIRST_WITH_HASHES = 3;
  private static final int OLDEST_VERSION = 1;
  private static final JsonMapper JSON = Json.mapper().build();

  private AnswerFormat() {}

  /**
   * What is needed to read the answers of a file.
   *
   * @param format always {@code nextclick-answers}
   * @param version of the format
   * @param key {@link UserKey#fingerprint} of the key that names users; null if they stand there as
   *     they are
   * @param fold the settings that the state was folded with
   * @param itemsTopic where the catalogue comes from
   */
  record Header(
      String format, int version, @Nullable String key, Fold fold, @Nullable String itemsTopic) {

    /**
     * The settings of the fold, by name; without times, retention or a room for impressions where
     * the fold had none.
     */
    record Fold(
        int maxHistory,
        int dedupeWindow,
        long maxFutureMillis,
        List<String> actions,
        @Nullable Long earliestMillis,
        @Nullable Long latestMillis,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long retentionMillis,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer maxImpressions) {

      static Fold of(FoldSettings fold) {
        return new Fold(
            fold.capacity().maxHistory(),
            fold.dedupeWindow(),
            fold.maxFutureMillis(),
            fold.actions(),
            fold.times().earliest().toEpochMilli(),
            fold.times().latest().toEpochMilli(),
            fold.retention().isOn() ? fold.retention().millis() : null,
            fold.capacity().isShared() ? null : fold.capacity().maxImpressions());
      }

      Capacity capacity() {
        return new Capacity(maxHistory, maxImpressions == null ? Capacity.SHARED : maxImpressions);
      }

      Retention retention() {
        return retentionMillis == null ? Retention.OFF : new Retention(retentionMillis);
      }

      PlausibleTimes times() {
        return earliestMillis == null || latestMillis == null
            ? PlausibleTimes.EVER
            : new PlausibleTimes(
                Instant.ofEpochMilli(earliestMillis), Instant.ofEpochMilli(latestMillis));
      }
    }

    static Header of(@Nullable UserKey key, FoldSettings fold, @Nullable String itemsTopic) {
      return new Header(
          FORMAT, VERSION, key == null ? null : key.fingerprint(), Fold.of(fold), itemsTopic);
    }

    /** Whether answers of another file can be proven with these. */
    boolean readsLike(Header other) {
      return Objects.equals(key, other.key)
          && Objects.equals(itemsTopic, other.itemsTopic)
          && fold.actions.equals(other.fold.actions);
    }

    /** Whether each frame of the file ends with a hash. */
    boolean hasHashes() {
      return version >= FIRST_WITH_HASHES;
    }

    FoldSettings settings() {
      return new FoldSettings(
          fold.capacity(),
          fold.dedupeWindow,
          fold.maxFutureMillis,
          fold.actions,
          fold.times(),
          null,
          fold.retention());
    }
  }

  /** A value as one line, with its line feed. */
  static byte[] line(Object value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(1_024);
    write(value, out);
    return out.toByteArray();
  }

  /** Adds a value as one line. */
  static void write(Object value, ByteArrayOutputStream out) {
    try {
      out.writeBytes(JSON.writeValueAsBytes(value));
      out.write('\n');
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a line begins as a header does. */
  static boolean isHeader(String line) {
    return line.startsWith("{\"format\":");
  }

  /** Whether a line begins as an answer does. */
  static boolean isAnswer(String line) {
    return line.startsWith("{\"time\":");
  }

  static Header header(String line) throws IOException {
    Header header = JSON.readValue(line, Header.class);
    if (!FORMAT.equals(header.format)
        || header.version < OLDEST_VERSION
        || header.version > VERSION) {
      throw new IOException(
          "is no answer log of version %d to %d: %s"
              .formatted(OLDEST_VERSION, VERSION, shortened(line)));
    }
    return header;
  }

  static LoggedAnswer answer(String line) throws IOException {
    return JSON.readValue(line, LoggedAnswer.class);
  }

  /** The start of a line, for messages. */
  static String shortened(String line) {
    return line.getBytes(StandardCharsets.UTF_8).length <= 80 ? line : line.substring(0, 80);
  }
}
