// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.careful;

import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.file.Disk;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The offsets that an operator has let go, since nobody can read them: for every fold from this
 * directory, so that a store that is built anew is as the one before.
 *
 * <p>Each offset counts as one record, quarantined as {@link Reason#SKIPPED}: what a damaged batch
 * held, nobody can count. The file has a line {@code TOPIC PARTITION TOPICID FROM TO} for each
 * range; what is no such line counts as none, as after a write that was cut off.
 */
public final class SkippedOffsets {

  /** Offsets of one range at most. */
  public static final long MAX_OFFSETS = 100_000;

  private static final int MAX_RANGES = 10_000;
  private static final byte[] NO_BYTES = {};

  private final @Nullable Path path;
  private final List<Range> ranges = new ArrayList<>();

  /**
   * Offsets of one partition.
   *
   * @param from the first
   * @param to the last
   */
  public record Range(SourcePartition partition, String topicId, long from, long to) {

    public Range {
      if (from < 0 || to < from || to - from >= MAX_OFFSETS) {
        throw new IllegalArgumentException(
            "from=%d, to=%d: 1 to %d offsets can be skipped at once"
                .formatted(from, to, MAX_OFFSETS));
      }
    }

    /** What the fold sees instead of the offsets from {@code first} on, at most {@code limit}. */
    public List<SourceRecord> records(long first, int limit) {
      RejectedEvent why =
          new RejectedEvent(
              Reason.SKIPPED,
              "an operator let offsets %d to %d go: they cannot be read".formatted(from, to));
      return LongStream.rangeClosed(first, Math.min(to, first + limit - 1))
          .mapToObj(at -> new SourceRecord(at, SourceRecord.UNKNOWN_TIME, why, NO_BYTES))
          .toList();
    }
  }

  /**
   * @param path the file; null for one that says nothing
   */
  public SkippedOffsets(@Nullable Path path) {
    this.path = path;
    try {
      if (path != null && Files.exists(path)) {
        for (String line : Files.readAllLines(path, StandardCharsets.UTF_8)) {
          Range range = range(line);
          if (range != null && ranges.size() < MAX_RANGES) {
            ranges.add(range);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the skipped offsets " + path, e);
    }
  }

  private static @Nullable Range range(String line) {
    String[] words = line.split(" ");
    try {
      return words.length != 5
          ? null
          : new Range(
              new SourcePartition(words[0], Integer.parseInt(words[1])),
              words[2],
              Long.parseLong(words[3]),
              Long.parseLong(words[4]));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The first range that reaches {@code offset} or lies above it, or null. */
  public @Nullable Range from(SourcePartition partition, String topicId, long offset) {
    return ranges.isEmpty()
        ? null
        : ranges.stream()
            .filter(range -> range.partition().equals(partition))
            .filter(range -> range.topicId().equals(topicId) && range.to() >= offset)
            .min(Comparator.comparingLong(Range::from))
            .orElse(null);
  }

  /**
   * Remembers a range for good.
   *
   * @throws IOException if it cannot be written
   */
  public void add(Range range) throws IOException {
    if (path == null || ranges.size() >= MAX_RANGES) {
      throw new IOException(path + " has " + MAX_RANGES + " ranges: fold the log again without");
    }
    String line =
        "%s%s %d %s %d %d%n"
            .formatted(
                Files.exists(path) && Files.size(path) > 0 ? System.lineSeparator() : "",
                range.partition().topic(),
                range.partition().partition(),
                range.topicId(),
                range.from(),
                range.to());
    try (FileChannel file =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
      file.force(true);
    }
    Disk.force(path.toAbsolutePath().resolveSibling("")); // it may be new
    ranges.add(range);
  }
}
