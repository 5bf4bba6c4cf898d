// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.IngestSettings;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.ingest.kafka.IngestStatus.Partition;
import io.nextclick.ingest.kafka.KafkaIngest;
import io.nextclick.ingest.kafka.KafkaSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds a store beside the one that serves, such as one with a longer history, and lets it take
 * its place while requests go on.
 *
 * <p>The new store folds Kafka's log by itself, in a consumer group of its own, until nothing is
 * left to read; then the service folds into it, and when it holds all that the old one held, it
 * serves. Until that moment nothing has changed for the service: a fault, or a kill, leaves the old
 * store serving.
 */
public final class Backfill implements Managed {

  private static final Logger LOG = LoggerFactory.getLogger(Backfill.class);
  private static final long LOOK_MILLIS = 100;
  private static final long REPORT_MILLIS = 1_000;

  private final ServingStore store;
  private final LiveLog log;
  private final IngestSettings ingest;
  private final StorePointer pointer;
  private final InstantSource clock;
  private final ReentrantLock running = new ReentrantLock();
  private volatile boolean stopped;

  /**
   * @param pointer is told which store serves from now on
   */
  public Backfill(
      ServingStore store,
      LiveLog log,
      IngestSettings ingest,
      StorePointer pointer,
      InstantSource clock) {
    this.store = store;
    this.log = log;
    this.ingest = ingest;
    this.pointer = pointer;
    this.clock = clock;
  }

  /**
   * Builds, catches up and swaps.
   *
   * @param directory of the new store, or of one that was begun before: it goes on there
   * @param maxHistory events kept per user; null for as many as the directory's store keeps, or the
   *     one that serves
   * @param report hears of the progress, about once a second
   * @throws IOException if it cannot be done; the message says why. The old store serves on
   */
  public void run(Path directory, @Nullable Integer maxHistory, Consumer<String> report)
      throws IOException, InterruptedException {
    if (!running.tryLock()) {
      throw new IOException("another backfill is running; wait for its end");
    }
    try {
      swap(directory.toAbsolutePath().normalize(), maxHistory, report);
    } finally {
      running.unlock();
    }
  }

  private void swap(Path directory, @Nullable Integer maxHistory, Consumer<String> report)
      throws IOException, InterruptedException {
    KafkaSettings kafka = log.kafka();
    if (kafka == null) {
      throw new IOException("the log is not open: " + log.status().reason());
    }
    if (directory.equals(pointer.serving())) {
      throw new IOException(directory + " serves already: name a new store");
    }
    RocksDbSequenceStore next = open(directory, maxHistory);
    boolean serves = false;
    try {
      store.requireSameActions(next.settings());
      prepare(next, kafka);
      catchUp(next, directory, kafka, report);
      report.accept("Caught up; the service moves over");
      log.moveTo(next, () -> pointer.keep(directory));
      serves = true;
      LOG.info("Serving from {}, with {}", directory, next.settings());
      report.accept("Serving from " + directory);
    } finally {
      if (!serves) {
        next.close();
      }
    }
  }

  private RocksDbSequenceStore open(Path directory, @Nullable Integer maxHistory)
      throws IOException {
    FoldSettings settings = store.settings();
    if (isBegun(directory)) {
      try (RocksDbSequenceStore begun = RocksDbSequenceStore.openReadOnly(directory)) {
        settings = begun.settings();
      }
    } else if (directory.getParent() != null) {
      Files.createDirectories(directory.getParent());
    }
    return RocksDbSequenceStore.open(
        directory, maxHistory == null ? settings : settings.withMaxHistory(maxHistory));
  }

  private static boolean isBegun(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isPresent();
    }
  }

  private void prepare(RocksDbSequenceStore next, KafkaSettings kafka) throws IOException {
    RocksDbSequenceStore old = store.current();
    if (next.partitions().isEmpty()) {
      next.copyErasuresFrom(old); // the log may not hold their requests any more
    }
    List<String> topics = List.of(kafka.eventsTopic(), kafka.itemsTopic());
    for (Map.Entry<SourcePartition, PartitionState> source : old.partitions().entrySet()) {
      PartitionState state = next.partitions().get(source.getKey());
      if (topics.contains(source.getKey().topic())) {
        // Dead letters that were sent already are not sent again.
        long sent = old.quarantine().exportedTo(source.getKey());
        next.quarantine().markExported(source.getKey(), sent);
      } else if (state == null || state.nextOffset() < source.getValue().nextOffset()) {
        throw new IOException(
            "the store that serves was also folded from %s, which Kafka does not have: first fold that log into the new store, with nextclick replay --to store --name %s"
                .formatted(source.getKey().topic(), source.getKey().topic()));
      }
    }
  }

  private void catchUp(
      RocksDbSequenceStore next, Path directory, KafkaSettings kafka, Consumer<String> report)
      throws IOException, InterruptedException {
    KafkaSettings alone =
        kafka.withGroupId(kafka.groupId() + "-backfill-" + UUID.randomUUID().toString());
    IngestSettings limits =
        new IngestSettings(
            directory.resolveSibling(directory.getFileName() + "-ingest"),
            ingest.syncInterval(),
            ingest.minFreeBytes());
    try (KafkaIngest catching = KafkaIngest.start(alone, limits, next, clock)) {
      long nextReport = System.nanoTime();
      for (IngestStatus now = catching.status(); !now.caughtUp(); now = catching.status()) {
        requireGoing(now);
        if (stopped) {
          throw new IOException("the service is stopping; the same call goes on where it was");
        }
        if (System.nanoTime() - nextReport >= 0) {
          nextReport = System.nanoTime() + REPORT_MILLIS * 1_000_000;
          report.accept(describe(now));
        }
        Thread.sleep(LOOK_MILLIS);
      }
    }
  }

  /** Ends one under way: it goes on where it was when it is asked for again. */
  @Override
  public void stop() {
    stopped = true;
    running.lock();
    try {
      LOG.debug("No backfill runs any more");
    } finally {
      running.unlock();
    }
  }

  private static void requireGoing(IngestStatus now) throws IOException {
    for (Partition partition : now.partitions()) {
      if (partition.failure() != null) {
        throw new IOException(
            "%s cannot be read into the new store: %s"
                .formatted(partition.partition(), partition.failure()));
      }
    }
    if (now.state() == IngestStatus.State.FAILED) {
      throw new IOException("the new store cannot be folded: " + now.reason());
    }
  }

  private static String describe(IngestStatus now) {
    long lag = now.partitions().stream().mapToLong(Partition::lag).filter(n -> n > 0).sum();
    String reason = now.reason() == null ? "" : ": " + now.reason();
    return "%s%s; %,d records folded, %,d to read"
        .formatted(now.state(), reason, now.records(), lag);
  }
}
