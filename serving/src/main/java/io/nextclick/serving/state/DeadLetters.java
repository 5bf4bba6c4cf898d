// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.nextclick.features.sequence.QuarantineEntry;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.RocksDbSequenceStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads what the fold of a store refused: its quarantine, which the dead-letter topic copies. */
public final class DeadLetters {

  /** Letters listed at most. */
  public static final int MAX_LISTED = 10_000;

  private static final int CHUNK = 500;
  private static final Comparator<QuarantineEntry> BY_TIME =
      Comparator.comparingLong(DeadLetters::timeMillis)
          .thenComparing(QuarantineEntry::partition)
          .thenComparingLong(QuarantineEntry::offset);

  private final RocksDbSequenceStore store;

  public DeadLetters(RocksDbSequenceStore store) {
    this.store = store;
  }

  /** What refused records are counted by. */
  public enum By {
    REASON,
    TOPIC,
    PARTITION;

    String of(QuarantineEntry entry) {
      return switch (this) {
        case REASON -> entry.rejection().reason().label();
        case TOPIC -> entry.partition().topic();
        case PARTITION -> entry.partition().toString();
      };
    }
  }

  /**
   * A record that was refused.
   *
   * @param place {@code TOPIC-PARTITION@OFFSET}
   * @param time when the log took it in; null when it does not say
   * @param reason the class of the fault
   * @param detail what was wrong and where
   * @param length of the record, in bytes
   * @param sha256 of the record, hexadecimal
   * @param text the record, or its beginning; null in a list
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Letter(
      String place,
      @Nullable String time,
      String reason,
      String detail,
      int length,
      String sha256,
      @Nullable String text) {

    private static Letter of(QuarantineEntry entry, boolean withText) {
      long time = timeMillis(entry);
      return new Letter(
          entry.partition() + "@" + entry.offset(),
          time < 0 ? null : Instant.ofEpochMilli(time).toString(),
          entry.rejection().reason().label(),
          entry.rejection().detail(),
          entry.length(),
          HexFormat.of().formatHex(entry.sha256()),
          withText ? new String(entry.head(), StandardCharsets.UTF_8) : null);
    }
  }

  /** How many records are kept, by what they have in common. */
  public Map<String, Long> count(By by) {
    Map<String, Long> counts = new TreeMap<>();
    forEach(entry -> counts.merge(by.of(entry), 1L, Long::sum));
    return counts;
  }

  /**
   * The newest records, the newest last.
   *
   * @param reason only those that were refused for it; null for all
   * @param limit at most so many, up to {@value #MAX_LISTED}
   */
  public List<Letter> list(@Nullable String reason, int limit) {
    Predicate<QuarantineEntry> wanted =
        entry -> reason == null || entry.rejection().reason().label().equals(reason);
    int most = Math.min(limit, MAX_LISTED);
    PriorityQueue<QuarantineEntry> newest = new PriorityQueue<>(BY_TIME);
    forEach(entry -> {
      if (wanted.test(entry)) {
        newest.add(entry);
        if (newest.size() > most) {
          newest.poll();
        }
      }
    });
    List<QuarantineEntry> ordered = new ArrayList<>(newest);
    ordered.sort(BY_TIME);
    return ordered.stream().map(entry -> Letter.of(entry, false)).toList();
  }

  /**
   * One record with its text.
   *
   * @param place {@code TOPIC-PARTITION@OFFSET}
   * @return null if there is none
   */
  public @Nullable Letter find(String place) {
    for (SourcePartition partition : store.partitions().keySet()) {
      String prefix = partition + "@";
      if (place.startsWith(prefix) && place.substring(prefix.length()).matches("\\d{1,18}")) {
        long offset = Long.parseLong(place.substring(prefix.length()));
        return store.quarantine().read(partition, offset, 1).stream()
            .filter(entry -> entry.offset() == offset)
            .map(entry -> Letter.of(entry, true))
            .findFirst()
            .orElse(null);
      }
    }
    return null;
  }

  private void forEach(Consumer<QuarantineEntry> visitor) {
    for (SourcePartition partition : store.partitions().keySet()) {
      long from = 0;
      List<QuarantineEntry> chunk;
      do {
        chunk = store.quarantine().read(partition, from, CHUNK);
        chunk.forEach(visitor);
        from = chunk.isEmpty() ? from : chunk.getLast().offset() + 1;
      } while (chunk.size() == CHUNK);
    }
  }

  private static long timeMillis(QuarantineEntry entry) {
    return entry.appendTimeMillis() == SourceRecord.UNKNOWN_TIME ? -1 : entry.appendTimeMillis();
  }
}
