// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.backfill;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.features.store.StoreCheckpoint;
import io.nextclick.ingest.kafka.IngestSettings;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.ingest.kafka.IngestStatus.Partition;
import io.nextclick.ingest.kafka.KafkaIngest;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.ingest.kafka.client.KeptLog;
import io.nextclick.serving.state.DataLayout;
import io.nextclick.serving.state.LiveLog;
import io.nextclick.serving.state.ServingStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
  private final Path checkpoints;
  private final InstantSource clock;
  private final ReentrantLock running = new ReentrantLock();
  private volatile boolean stopped;

  /**
   * @param pointer is told which store serves from now on
   * @param checkpoints where no store may be
   */
  public Backfill(
      ServingStore store,
      LiveLog log,
      IngestSettings ingest,
      StorePointer pointer,
      Path checkpoints,
      InstantSource clock) {
    this.store = store;
    this.log = log;
    this.ingest = ingest;
    this.pointer = pointer;
    this.checkpoints = checkpoints;
    this.clock = clock;
  }

  /**
   * Builds, catches up and swaps.
   *
   * @param directory of the new store, or of one that was begun before: it goes on there
   * @param rooms what the new store keeps of a user
   * @param acceptLoss whether events may go that the old store has folded and Kafka has not any
   *     more
   * @param report hears of the progress, about once a second
   * @throws IOException if it cannot be done; the message says why. The old store serves on
   */
  public void run(Path directory, WantedRooms rooms, boolean acceptLoss, Consumer<String> report)
      throws IOException, InterruptedException {
    if (!running.tryLock()) {
      throw new IOException("another backfill is running; wait for its end");
    }
    try {
      swap(directory.toAbsolutePath().normalize(), rooms, acceptLoss, report);
    } finally {
      running.unlock();
    }
  }

  private void swap(Path directory, WantedRooms rooms, boolean acceptLoss, Consumer<String> report)
      throws IOException, InterruptedException {
    KafkaSettings kafka = log.kafka();
    Path serving = pointer.serving();
    requireOwnPlace(directory, serving);
    RocksDbSequenceStore next = open(directory, rooms);
    try {
      store.requireSameActions(next.settings());
      Map<SourcePartition, Long> first = KeptLog.firstOffsets(kafka);
      prepare(next, directory, kafka, first);
      requireWhole(next, kafka, first, acceptLoss); // once more below, when all is read
      IngestStatus end = catchUp(next, directory, kafka, first.keySet(), report);
      keepPositions(next, end);
      for (String lost : requireWhole(next, kafka, first, acceptLoss)) {
        LOG.warn("The new store goes without {}", lost);
        report.accept("Without " + lost);
      }
      report.accept("Caught up after %,d records; the service moves over".formatted(end.records()));
      log.move(fold ->
          new StoreMove(fold, store, next, () -> pointer.keep(directory), this::isStopping).run());
      LOG.info("Serving from {}, with {}; {} is not used", directory, next.settings(), serving);
      report.accept(
          "%s is not used any more and may be removed: it still holds users who are erased from now on"
              .formatted(serving));
      report.accept("It keeps " + next.settings().capacity().inWords());
      report.accept("Serving from " + directory);
    } finally {
      if (!store.isCurrent(next)) {
        next.close();
      }
    }
  }

  private void requireOwnPlace(Path directory, Path serving) throws IOException {
    if (directory.equals(serving)) {
      throw new IOException(directory + " serves already: name a new store");
    }
    if (StoreCheckpoint.is(directory)) {
      throw new IOException(directory + " is a checkpoint: name a new store");
    }
    Path wanted = real(directory);
    for (Path taken : List.of(real(serving), real(checkpoints))) {
      if (wanted.startsWith(taken) || taken.startsWith(wanted)) {
        throw new IOException(
            "%s and %s lie one within the other: name another directory for the new store"
                .formatted(directory, taken));
      }
    }
  }

  /** Without links, as far as it exists. */
  private static Path real(Path path) throws IOException {
    Path whole = path.toAbsolutePath().normalize();
    Path parent = whole.getParent();
    return Files.exists(whole) || parent == null
        ? whole.toRealPath()
        : real(parent).resolve(whole.getFileName());
  }

  private RocksDbSequenceStore open(Path directory, WantedRooms rooms) throws IOException {
    FoldSettings settings = rooms.ofNew(store.settings());
    if (isBegun(directory)) {
      try (RocksDbSequenceStore begun = RocksDbSequenceStore.openReadOnly(directory)) {
        settings = rooms.of(begun.settings());
      }
    } else if (directory.getParent() != null) {
      Files.createDirectories(directory.getParent());
    }
    return RocksDbSequenceStore.open(directory, settings);
  }

  private static boolean isBegun(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isPresent();
    }
  }

  private void prepare(
      RocksDbSequenceStore next,
      Path directory,
      KafkaSettings kafka,
      Map<SourcePartition, Long> first)
      throws IOException {
    RocksDbSequenceStore old = store.current();
    if (next.partitions().isEmpty()) {
      next.copyErasuresFrom(old); // the log may not hold their requests any more
    } else if (!next.hasCopiedErasures() && old.hasErasures()) {
      throw new IOException(
          "%s was folded without the names of those who were erased from the store that serves, and may hold them: fold it again, with nextclick replay --to store --forget-as CHECKPOINT"
              .formatted(directory));
    }
    List<String> topics = List.of(kafka.eventsTopic(), kafka.itemsTopic());
    Map<String, String> ids = KeptLog.topicIds(kafka);
    for (Map.Entry<SourcePartition, PartitionState> source : old.partitions().entrySet()) {
      PartitionState state = next.partitions().get(source.getKey());
      if (topics.contains(source.getKey().topic())) {
        if (!first.containsKey(source.getKey())) {
          throw new IOException(
              "Kafka has no partition %s, which the store that serves has folded"
                  .formatted(source.getKey()));
        }
        String id = source.getValue().topicId();
        if (id.isEmpty() || id.equals(ids.get(source.getKey().topic()))) {
          // Dead letters that were sent already are not sent again; another topic's are others.
          long sent = old.quarantine().exportedTo(source.getKey());
          next.quarantine().markExported(source.getKey(), sent);
        }
      } else if (state == null || state.nextOffset() < source.getValue().nextOffset()) {
        throw new IOException(
            "the store that serves was also folded from %s, which Kafka does not have: first fold that log into the new store, with nextclick replay --to store --name %s"
                .formatted(source.getKey().topic(), source.getKey().topic()));
      }
    }
  }

  /**
   * The new store must begin where the old one does: one that only reaches as far lacks what came
   * before.
   *
   * @param first the first offset that Kafka has of each partition
   * @return what it lacks
   * @throws IOException if that is anything and nobody accepted it
   */
  private List<String> requireWhole(
      RocksDbSequenceStore next,
      KafkaSettings kafka,
      Map<SourcePartition, Long> first,
      boolean acceptLoss)
      throws IOException {
    Set<SourcePartition> stuck =
        log.status().partitions().stream()
            .filter(partition -> partition.failure() != null)
            .map(Partition::partition)
            .collect(Collectors.toSet());
    List<String> lost = new ArrayList<>();
    for (Map.Entry<SourcePartition, PartitionState> entry : store.partitions().entrySet()) {
      SourcePartition partition = entry.getKey();
      PartitionState old = entry.getValue();
      if (!partition.topic().equals(kafka.eventsTopic())) {
        continue; // a topic of an earlier version is compacted, and lacks the first ones; ingest
        // warns
      }
      PartitionState state = next.partitions().get(partition);
      long begins =
          state == null ? first.getOrDefault(partition, old.nextOffset()) : state.baseOffset();
      if (state != null && isMadeAgain(old, state)) {
        begins = old.nextOffset();
      }
      if (begins > old.baseOffset() && old.nextOffset() > old.baseOffset()) {
        lost.add(range(partition, old.baseOffset(), Math.min(begins, old.nextOffset())));
      } else if (stuck.contains(partition)
          && state != null
          && state.nextOffset() < old.nextOffset()) {
        lost.add(range(partition, state.nextOffset(), old.nextOffset()));
      }
    }
    if (!lost.isEmpty() && !acceptLoss) {
      throw new IOException(
          "Kafka does not have all that the store that serves has folded; the new store would lack %s: fold them into it first, from an archive (docs/replay.md), or go without them by --accept-loss"
              .formatted(String.join(", ", lost)));
    }
    return lost;
  }

  private static boolean isMadeAgain(PartitionState old, PartitionState state) {
    return !old.topicId().isEmpty()
        && !state.topicId().isEmpty()
        && !old.topicId().equals(state.topicId());
  }

  private static String range(SourcePartition partition, long from, long to) {
    return "offsets %d to %d of %s".formatted(from, to - 1, partition);
  }

  /** Of a partition that Kafka has emptied there is no record that would leave a position. */
  private void keepPositions(RocksDbSequenceStore next, IngestStatus end) {
    for (Partition read : end.partitions()) {
      SourcePartition partition = read.partition();
      if (store.partitions().containsKey(partition) && !next.partitions().containsKey(partition)) {
        next.apply(new SourceBatch(partition, "", -1, read.nextOffset(), List.of()));
      }
    }
  }

  private IngestStatus catchUp(
      RocksDbSequenceStore next,
      Path directory,
      KafkaSettings kafka,
      Set<SourcePartition> all,
      Consumer<String> report)
      throws IOException, InterruptedException {
    KafkaSettings alone =
        kafka.withGroupId(kafka.groupId() + "-backfill-" + UUID.randomUUID().toString());
    IngestSettings limits =
        new IngestSettings(
            DataLayout.ingestOfNew(directory), ingest.syncInterval(), ingest.minFreeBytes());
    limits.takeSkippedOf(ingest);
    try (KafkaIngest catching = KafkaIngest.start(alone, limits, next, clock)) {
      long nextReport = System.nanoTime();
      IngestStatus now = catching.status();
      // A group takes a while to join: until then only items are read.
      for (; !now.caughtUp() || !partitions(now).containsAll(all); now = catching.status()) {
        StoreMove.requireGoing(now);
        if (stopped) {
          throw new IOException("the service is stopping; the same call goes on where it was");
        }
        if (System.nanoTime() - nextReport >= 0) {
          nextReport = System.nanoTime() + REPORT_MILLIS * 1_000_000;
          report.accept(describe(now));
        }
        Thread.sleep(LOOK_MILLIS);
      }
      return now;
    }
  }

  private static Set<SourcePartition> partitions(IngestStatus status) {
    return status.partitions().stream().map(Partition::partition).collect(Collectors.toSet());
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

  private boolean isStopping() {
    return stopped || log.isStopping();
  }

  private static String describe(IngestStatus now) {
    long lag = now.partitions().stream().mapToLong(Partition::lag).filter(n -> n > 0).sum();
    String reason = now.reason() == null ? "" : ": " + now.reason();
    return "%s%s; %,d records folded, %,d to read"
        .formatted(now.state(), reason, now.records(), lag);
  }
}
