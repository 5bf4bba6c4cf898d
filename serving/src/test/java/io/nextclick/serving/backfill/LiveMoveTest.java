// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.nextclick.broker.EmbeddedBroker;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.BatchListener;
import io.nextclick.ingest.kafka.IngestSettings;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.ingest.kafka.IngestStatus.Partition;
import io.nextclick.ingest.kafka.KafkaIngest;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.serving.state.LiveLog;
import io.nextclick.serving.state.LogSource;
import io.nextclick.serving.state.ServingStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Live ingest goes from one store to another, on a broker whose groups take their time to join. */
@Timeout(120)
class LiveMoveTest {

  private static final int EVENTS = 60;
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final InstantSource CLOCK = InstantSource.system();
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir private static Path log;
  private static EmbeddedBroker broker;

  @TempDir private Path directory;

  private KafkaSettings kafka;
  private RocksDbSequenceStore old;
  private RocksDbSequenceStore next;
  private LiveLog live;
  private ServingStore store;
  private Path files;
  private volatile boolean stays;

  @BeforeAll
  static void startBroker() throws IOException {
    broker = EmbeddedBroker.start(log, 0, Map.of("group.initial.rebalance.delay.ms", "2000"));
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void open() throws IOException {
    String name = "move" + NAMES.incrementAndGet();
    kafka =
        KafkaSettings.of(broker.bootstrapServers())
            .withTopics(name + "-events", name + "-items", name + "-dead")
            .withGroupId(name);
    files = directory.resolve("files");
    old = RocksDbSequenceStore.open(directory.resolve("old"), FoldSettings.DEFAULT);
    next = RocksDbSequenceStore.open(directory.resolve("next"), FoldSettings.DEFAULT);
    store = new ServingStore(old);
    live =
        new LiveLog(
            LogSource.of(kafka),
            store,
            IngestSettings.in(files).withMinFreeBytes(0),
            CLOCK,
            BatchListener.NONE);
    fold(next);
  }

  @AfterEach
  void close() throws InterruptedException {
    live.stop();
    old.close();
    next.close();
  }

  private void moveTo(RocksDbSequenceStore to) throws IOException, InterruptedException {
    live.move(fold -> new StoreMove(fold, store, to, () -> {}, () -> stays).run());
  }

  @Test
  void moveTo_beforeTheGroupHasJoined_waitsForItsEvents() throws Exception {
    fold(old);
    live.start();
    await().atMost(SOON).until(() -> !live.status().partitions().isEmpty());
    assertThat(live.status().partitions()).noneMatch(this::isOfEvents);

    moveTo(next);

    assertThat(store.isCurrent(next)).isTrue();
    assertThat(live.status().partitions()).anyMatch(this::isOfEvents);
  }

  @Test
  void moveTo_storeThatLacksAPartition_isRefused() throws Exception {
    fold(old);
    live.start();
    await().atMost(SOON).until(() -> !live.status().partitions().isEmpty());

    try (RocksDbSequenceStore empty =
        RocksDbSequenceStore.open(directory.resolve("empty"), FoldSettings.DEFAULT)) {
      assertThatThrownBy(() -> moveTo(empty))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("nothing of " + kafka.eventsTopic());
    }
    assertThat(store.isCurrent(old)).isTrue();
  }

  @Test
  void moveTo_partitionThatCannotBeRead_failsAtOnce_andTheOldStoreGoesOn() throws Exception {
    fold(old);
    live.start();
    try (RocksDbSequenceStore other =
        RocksDbSequenceStore.open(directory.resolve("other"), FoldSettings.DEFAULT)) {
      foldAnotherTopic(old.partitions().values().size(), other, 0);
      long start = System.nanoTime();
      assertThatThrownBy(() -> moveTo(other))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("re-created");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
    }
    assertThat(store.isCurrent(old)).isTrue();
    await().atMost(SOON).until(() -> live.status().caughtUp());
  }

  @Test
  void moveTo_partitionThatTheOldStoreDoesNotRead_isNotWaitedFor() throws Exception {
    foldAnotherTopic(next.partitions().size(), old, 1_000);
    live.start();
    await()
        .atMost(SOON)
        .until(() -> live.status().partitions().stream().anyMatch(p -> p.failure() != null));

    moveTo(next);

    assertThat(store.isCurrent(next)).isTrue();
  }

  @Test
  void moveTo_ingestThatFailed_isNotWaitedFor() throws Exception {
    fold(old);
    Files.writeString(files, "in the way");
    live.start();
    await().atMost(SOON).until(() -> live.status().state() == IngestStatus.State.FAILED);
    long start = System.nanoTime();

    assertThatThrownBy(() -> moveTo(next))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Cannot use " + files);

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
  }

  @Test
  void moveTo_serviceThatStops_endsAtOnce() throws Exception {
    fold(old);
    live.start();
    await().atMost(SOON).until(() -> !live.status().partitions().isEmpty());
    stays = true;
    long start = System.nanoTime();

    assertThatThrownBy(() -> moveTo(next))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("stopping");

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    assertThat(store.isCurrent(old)).isTrue();
  }

  private boolean isOfEvents(Partition read) {
    return read.partition().topic().equals(kafka.eventsTopic());
  }

  /** Positions of a topic of the same name that was another one. */
  private void foldAnotherTopic(int partitions, RocksDbSequenceStore into, long further) {
    assertThat(partitions).isPositive();
    next.partitions()
        .forEach((partition, state) ->
            into.apply(
                new SourceBatch(
                    partition, "another", -1, state.nextOffset() + further, List.of())));
  }

  /** Folds all events into a store, alone; the first time they are sent as well. */
  private void fold(RocksDbSequenceStore into) throws IOException {
    KafkaSettings alone = kafka.withGroupId(kafka.groupId() + "-" + NAMES.incrementAndGet());
    IngestSettings limits = IngestSettings.in(directory.resolve("alone")).withMinFreeBytes(0);
    boolean first = old.partitions().isEmpty() && next.partitions().isEmpty();
    try (KafkaIngest ingest = KafkaIngest.start(alone, limits, into, CLOCK)) {
      await().atMost(SOON).until(() -> !ingest.status().partitions().isEmpty());
      if (first) {
        try (EventPublisher publisher = EventPublisher.open(kafka)) {
          for (int i = 0; i < EVENTS; i++) {
            publisher.publish(
                Event.behaviour("e" + i, "click", "u" + i, "i" + i, 1_600_000_000_000L + i));
          }
          publisher.flush();
        }
      }
      await().atMost(SOON).until(() -> folded(into) == EVENTS);
    }
  }

  private static long folded(RocksDbSequenceStore store) {
    return store.partitions().values().stream().mapToLong(PartitionState::nextOffset).sum();
  }
}
