// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.nextclick.broker.EmbeddedBroker;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.sequence.Counters;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.QuarantineEntry;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.careful.TopicExport;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.ingest.replay.TopicReplay;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Partitions that cannot be read: a flipped bit, and batches that grow to any size. */
class DamagedLogTest {

  private static final int MEBIBYTE = 1 << 20;
  private static final int GIANT = 70;

  // Of the header of a batch.
  private static final int LENGTH = 10;
  private static final int MAGIC = 16;
  private static final int LAST_OFFSET = 26;

  @TempDir private static Path home;
  private static EmbeddedBroker broker;

  @TempDir private Path directory;

  private final KafkaSettings settings = TestBroker.fresh(broker.bootstrapServers());

  @BeforeAll
  static void startBroker() throws IOException {
    broker =
        EmbeddedBroker.start(
            home.resolve("broker"), 0, Map.of("message.max.bytes", Integer.toString(MEBIBYTE)));
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @Test
  void flippedBit_stopsItsPartitionAlone_untilAnOperatorLetsItGo() throws Exception {
    EventPublisher.open(settings).close();
    SourcePartition bad = new SourcePartition(settings.eventsTopic(), 2);
    try (KafkaProducer<byte[], byte[]> producer = producer("lz4")) {
      sendBatch(producer, 2, 0, 4);
      sendBatch(producer, 2, 4, 3);
      sendBatch(producer, 2, 7, 2);
      sendBatch(producer, 3, 10, 5);
      flipBit(bad, 4, -3);
      try (RunningIngest running = RunningIngest.start(settings, directory)) {
        await()
            .atMost(RunningIngest.PATIENCE)
            .untilAsserted(() ->
                assertThat(running.failure(bad).orElse(""))
                    .contains("offset 4 cannot be read", "partition=" + bad + "&from=4&to=6"));
        assertThat(running.store().partitions().get(bad).nextOffset()).isEqualTo(4);
        sendBatch(producer, 3, 15, 1);
        awaitApplied(running, 3, 6);
        assertThat(running.status().state()).isEqualTo(IngestStatus.State.RUNNING);
      }
      try (RunningIngest running = RunningIngest.start(settings, directory)) {
        await().atMost(RunningIngest.PATIENCE).until(() -> running.failure(bad).isPresent());
        assertThatThrownBy(() -> running.ingest().skip(bad, 5, 6)).hasMessageContaining("offset 4");
        assertThatThrownBy(() -> running.ingest().skip(bad, 4, 9)).hasMessageContaining("ends");
        running.ingest().skip(bad, 4, 6);
        await()
            .atMost(RunningIngest.PATIENCE)
            .until(() -> running.store().partitions().get(bad).nextOffset() == 9);
        assertThat(running.store().partitions().get(bad).counters())
            .isEqualTo(new Counters(6, 0, 0, 3, 0));
        assertThat(running.store().quarantine().read(bad, 0, 9))
            .extracting(QuarantineEntry::offset)
            .containsExactly(4L, 5L, 6L);
        await().atMost(RunningIngest.PATIENCE).until(() -> running.status().caughtUp());
      }
      theSameIsFoldedAnew(bad);
      theSameIsFoldedFromAnExport(bad);
    }
  }

  /** Another store, of the same directory: the operator is not asked again. */
  private void theSameIsFoldedAnew(SourcePartition bad) throws Exception {
    Path store = directory.resolve("anew");
    try (var anew = RocksDbSequenceStore.open(store, RunningIngest.FOLD);
        RunningIngest running =
            RunningIngest.start(settings.withGroupId(settings.groupId() + "-2"), directory, anew)) {
      await().atMost(RunningIngest.PATIENCE).until(() -> running.status().caughtUp());
      assertThat(anew.partitions().get(bad).counters()).isEqualTo(new Counters(6, 0, 0, 3, 0));
    }
  }

  private void theSameIsFoldedFromAnExport(SourcePartition bad) throws Exception {
    Path log = directory.resolve("export.jsonl");
    assertThatThrownBy(() -> new TopicExport(settings, null, null, at -> {}).to(log))
        .hasMessageContaining(bad + ": offset 4 cannot be read");
    Path skipped = directory.resolve("skipped-offsets");
    assertThat(new TopicExport(settings, null, skipped, at -> {}).to(log)).isEqualTo(15);
    HeapSequenceStore fold = new HeapSequenceStore(RunningIngest.FOLD);
    new TopicReplay(fold, progress -> {}).run(log);
    try (RocksDbSequenceStore live =
        RocksDbSequenceStore.openReadOnly(directory.resolve("store"))) {
      PartitionState folded = live.partitions().get(bad);
      assertThat(fold.partitions().get(bad).counters()).isEqualTo(folded.counters());
      assertThat(fold.partitions().get(bad).digest()).isEqualTo(folded.digest());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {LENGTH, MAGIC, LAST_OFFSET})
  void flippedBitOfAHeader_isNamedToo_thoughKafkasConsumerMaySayNothing(int place)
      throws Exception {
    EventPublisher.open(settings).close();
    SourcePartition bad = new SourcePartition(settings.eventsTopic(), 2);
    try (KafkaProducer<byte[], byte[]> producer = producer("lz4")) {
      sendBatch(producer, 2, 0, 4);
      sendBatch(producer, 2, 4, 3);
      sendBatch(producer, 2, 7, 2);
      flipBit(bad, 4, place);
      try (RunningIngest running = RunningIngest.start(settings, directory)) {
        await()
            .atMost(RunningIngest.PATIENCE)
            .untilAsserted(() ->
                assertThat(running.failure(bad).orElse(""))
                    .contains("offset 4 cannot be read", "&from=4&to=")
                    .doesNotContain("&to=10"));
        sendBatch(producer, 3, 10, 5);
        awaitApplied(running, 3, 5);
      }
    }
  }

  @Test
  void batchThatGrows_ofOneRecordOrMany_isPassed_andThePartitionGoesOn() throws Exception {
    EventPublisher.open(settings).close();
    Path log = directory.resolve("log");
    try (KafkaProducer<byte[], byte[]> producer = producer("zstd")) {
      sendBatch(producer, 1, 0, 3);
      send(producer, 1, "u", new byte[GIANT * MEBIBYTE]);
      producer.flush();
      sendBatch(producer, 1, 3, 1);
      for (int i = 0; i < GIANT; i++) {
        send(producer, 1, "u", new byte[MEBIBYTE]);
      }
      producer.flush();
      sendBatch(producer, 1, 4, 2);
      sendBatch(producer, 4, 20, 2);
    }
    int starts = 0;
    String end;
    do {
      starts++;
      end = ingestIn(64, log);
    } while (!end.contains("all read") && starts < 4);
    assertThat(end).as("after %d starts", starts).contains("all read");
    assertThat(starts).isLessThanOrEqualTo(3);
    SourcePartition partition = new SourcePartition(settings.eventsTopic(), 1);
    try (var store = RocksDbSequenceStore.openReadOnly(directory.resolve("store"))) {
      assertThat(store.partitions().get(partition).counters())
          .isEqualTo(new Counters(6, 0, 0, GIANT + 1, 0));
      assertThat(store.quarantine().read(partition, 0, 1_000))
          .extracting(entry -> entry.rejection().reason().label())
          .hasSize(GIANT + 1)
          .contains("too-large", "not-json");
    }
  }

  @Test
  void catalogueThatIsFull_stopsItemsAlone_andGoesOnWithMoreMemory() throws Exception {
    SourcePartition items = new SourcePartition(settings.itemsTopic(), 0);
    try (EventPublisher publisher = EventPublisher.open(settings)) {
      for (int start = 0; start < GuardedStore.MAX_ATTEMPTS + 2; start++) {
        try (RocksDbSequenceStore store = store();
            RunningIngest running = RunningIngest.start(settings, directory, store)) {
          store.catalog().limit(100_000);
          for (int i = start * 10; i < start * 10 + 10; i++) {
            publisher.publish(item(i)).get();
          }
          await().atMost(RunningIngest.PATIENCE).until(() -> running.failure(items).isPresent());
          assertThat(running.failure(items).orElse("")).contains("catalogue is full", "-Xmx");
          publisher.publish(RunningIngest.click(start, "u1")).get();
          int clicks = start + 1;
          await()
              .atMost(RunningIngest.PATIENCE)
              .until(() -> store.get("u1").sequence().length() == clicks);
          assertThat(store.catalog().bytes()).isBetween(50_000L, 100_000L);
        }
      }
    }
    try (RocksDbSequenceStore store = store();
        RunningIngest running = RunningIngest.start(settings, directory, store)) {
      await().atMost(RunningIngest.PATIENCE).until(() -> running.status().caughtUp());
      Counters counters = store.partitions().get(items).counters();
      assertThat(counters).isEqualTo(new Counters(store.items().size(), 0, 0, 0, 0));
    }
  }

  private RocksDbSequenceStore store() throws IOException {
    return RocksDbSequenceStore.open(directory.resolve("store"), RunningIngest.FOLD);
  }

  private static Event item(int id) {
    List<String> text = Collections.nCopies(30, "x".repeat(1_000));
    return new Event(
        "item" + id,
        Event.ITEM,
        null,
        List.of("i" + id),
        1_795_341_600_000L + id,
        null,
        Map.of(),
        Map.of("text", text),
        true);
  }

  /** Ingest in a process of little memory, which ends when all is read or it has none left. */
  private String ingestIn(int mebibytes, Path log) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx" + mebibytes + "m", "-XX:+ExitOnOutOfMemoryError", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(ReadAll.class.getName());
    command.addAll(
        List.of(
            IngestProcess.arguments(settings, directory, IngestProcess.Death.NOT_BY_ITSELF, 0)));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return Files.readString(log);
  }

  private static KafkaProducer<byte[], byte[]> producer(String compression) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            broker.bootstrapServers(),
            "max.request.size",
            80 * MEBIBYTE,
            "buffer.memory",
            200L * MEBIBYTE,
            "batch.size",
            80 * MEBIBYTE,
            "linger.ms",
            60_000,
            "delivery.timeout.ms",
            120_000,
            "compression.type",
            compression),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private void sendBatch(KafkaProducer<byte[], byte[]> producer, int partition, int id, int count) {
    for (int i = 0; i < count; i++) {
      byte[] value = EventJson.encode(RunningIngest.click(id + i, "u" + partition));
      send(producer, partition, "u" + partition, value);
    }
    producer.flush();
  }

  private void send(
      KafkaProducer<byte[], byte[]> producer, int partition, String key, byte[] value) {
    producer.send(
        new ProducerRecord<>(
            settings.eventsTopic(), partition, key.getBytes(StandardCharsets.UTF_8), value));
  }

  private void awaitApplied(RunningIngest running, int partition, int count) {
    SourcePartition of = new SourcePartition(settings.eventsTopic(), partition);
    await()
        .atMost(RunningIngest.PATIENCE)
        .until(() ->
            running.store().partitions().containsKey(of)
                && running.store().partitions().get(of).counters().applied() == count);
  }

  /**
   * Changes one bit of the batch that begins at an offset, in the broker's file.
   *
   * @param place the byte, from the batch's beginning, or if below 0 from its end
   */
  private static void flipBit(SourcePartition partition, long baseOffset, int place)
      throws IOException {
    Path log = home.resolve("broker").resolve(partition.toString());
    Path segment;
    try (Stream<Path> files = Files.list(log)) {
      segment = files.filter(file -> file.toString().endsWith(".log")).findFirst().orElseThrow();
    }
    try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
      long at = 0;
      while (true) {
        file.seek(at);
        long offset = file.readLong();
        int length = file.readInt();
        if (offset == baseOffset) {
          long flipped = at + (place < 0 ? 12 + length + place : place);
          file.seek(flipped);
          int old = file.read();
          file.seek(flipped);
          file.write(old ^ 4);
          return;
        }
        at += 12 + length;
      }
    }
  }
}
