// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import io.nextclick.ingest.log.Compression;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * About how many bytes a command will write, told from what is known before its work. Low rather
 * than high: a guess that is too high would refuse what would go well.
 */
public final class DiskNeed {

  /** Where nothing is known, such as of a topic. */
  public static final long FLOOR = 64L << 20;

  private static final int MAX_FILES = 10_000;
  private static final int MAX_DEPTH = 4;

  /** An event as JSON is longer than its row of a table. */
  private static final int EVENT_PER_ROW = 2;

  private static final int COMPRESSION = 4;
  private static final long LOG_PER_USER =
      10_000; // measured: 10,000 to 18,000, by the number of items
  private static final long TRUTH_PER_USER = 6_000; // 7,000 to 13,000
  private static final long SCORE = 8; // of a row of Parquet, the shortest format

  private DiskNeed() {}

  /** Of the event log that comes of a data set. */
  public static long ofImport(Path in, Path out) throws IOException {
    return compressed(size(in, true) * EVENT_PER_ROW, out);
  }

  /** Of a made-up shop's log, and of the truth about it. */
  public static long ofShop(int users, Path log, @Nullable Path truth) {
    return compressed(users * LOG_PER_USER, log)
        + (truth == null ? 0 : compressed(users * TRUTH_PER_USER, truth));
  }

  /** Of lists with {@code length} scores each. */
  public static long ofScores(long users, long length) {
    return users * length * SCORE;
  }

  /** Of a copy of a store: on the same disk its files are linked, and only the newest are new. */
  public static long ofCheckpoint(Path store, Path parent) throws IOException {
    return Files.getFileStore(store).equals(Files.getFileStore(parent))
        ? FLOOR
        : FLOOR + size(store, false);
  }

  private static long compressed(long bytes, Path file) {
    return Compression.of(file) == Compression.NONE ? bytes : bytes / (2 * COMPRESSION);
  }

  private static long size(Path path, boolean unpacked) throws IOException {
    try (Stream<Path> files = Files.walk(path, MAX_DEPTH)) {
      long sum = 0;
      for (Path file : files.filter(Files::isRegularFile).limit(MAX_FILES).toList()) {
        boolean packed =
            Compression.of(file) != Compression.NONE || file.toString().endsWith(".zip");
        sum += Files.size(file) * (packed && unpacked ? COMPRESSION : 1);
      }
      return sum;
    }
  }
}
