// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.replay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.sequence.EventStreams;
import io.nextclick.features.sequence.OracleFold;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.RunningIngest;
import io.nextclick.ingest.kafka.TestBroker;
import io.nextclick.ingest.kafka.TopicLog;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {

  private static final int LINES = 12_000;
  private static final SourcePartition SOURCE = new SourcePartition("log", 0);

  @RegisterExtension static final TestBroker BROKER = new TestBroker();

  @TempDir private Path directory;

  /** Stands for an interruption between two batches. */
  private static final class Interrupted extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  @Test
  void storeReplay_interrupted_goesOnAndEqualsTheFoldOfAllLines() throws Exception {
    // A blank line is no record.
    List<byte[]> lines =
        new EventStreams(5)
            .values(LINES).stream()
                .map(line -> new String(line, UTF_8).isBlank() ? "{}".getBytes(UTF_8) : line)
                .toList();
    Path log = write(lines);
    try (RocksDbSequenceStore store = open()) {
      assertThatThrownBy(() -> new StoreReplay(store, stopAt(3_000)).run(log, "log"))
          .isInstanceOf(Interrupted.class);
    }
    try (RocksDbSequenceStore store = open()) {
      ReplayProgress end = new StoreReplay(store, progress -> {}).run(log, "log");
      assertThat(end.skipped()).isEqualTo(3_000);
      assertThat(end.lines()).isEqualTo(LINES);
      assertThat(new StoreReplay(store, progress -> {}).run(log, "log").skipped()).isEqualTo(LINES);

      List<SourceRecord> records = new ArrayList<>();
      for (byte[] line : lines) {
        records.add(
            new SourceRecord(
                records.size() + 1, SourceRecord.UNKNOWN_TIME, EventJson.decode(line), line));
      }
      OracleFold oracle = OracleFold.of(RunningIngest.FOLD, records, LINES + 1);
      assertThat(stored(store)).containsExactlyInAnyOrderEntriesOf(oracle.values());
      assertThat(store.partitions().get(SOURCE))
          .satisfies(state -> {
            assertThat(state.counters()).isEqualTo(oracle.counters());
            assertThat(state.digest()).isEqualTo(oracle.digest());
          });
    }
  }

  @Test
  void storeReplay_shorterLogUnderTheSameName_isRefused() throws Exception {
    Path log = write(new EventStreams(5).values(50));
    Path other = directory.resolve("other.jsonl");
    Files.write(other, new EventStreams(6).values(1).getFirst());
    try (RocksDbSequenceStore store = open()) {
      new StoreReplay(store, progress -> {}).run(log, "log");
      assertThatThrownBy(() -> new StoreReplay(store, progress -> {}).run(other, "log"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("--name");
    }
  }

  @Test
  void kafkaReplay_interrupted_goesOnAndLosesNothing() throws Exception {
    Path log =
        write(
            IntStream.range(0, LINES)
                .mapToObj(i -> EventJson.encode(RunningIngest.click(i, "u" + i % 100)))
                .toList());
    Path mark = directory.resolve("mark");
    KafkaSettings settings = BROKER.freshSettings();
    try (EventPublisher publisher = EventPublisher.open(settings);
        TopicLog topic = new TopicLog(settings.bootstrapServers(), settings.eventsTopic())) {
      assertThatThrownBy(
              () -> new KafkaReplay(publisher, ReplaySpeed.MAX, stopAt(1)).run(log, mark))
          .isInstanceOf(Interrupted.class);
      long done = new ReplayMark(mark).read().lines();
      assertThat(done).isBetween(1L, LINES - 1L);

      ReplayProgress end =
          new KafkaReplay(publisher, ReplaySpeed.MAX, progress -> {}).run(log, mark);
      assertThat(end.skipped()).isEqualTo(done);
      assertThat(new ReplayMark(mark).read().lines()).isEqualTo(LINES);
      topic.update();
      assertThat(eventIds(topic, settings)).hasSize(LINES);
      System.out.printf("lines=%d, per second=%.0f%n", LINES, end.linesPerSecond());
    }
  }

  @Test
  void kafkaReplay_markOfAnotherLog_isRefused_beforeItsFirstLinesArePassedOver() throws Exception {
    Path mark = directory.resolve("mark");
    KafkaSettings settings = BROKER.freshSettings();
    try (EventPublisher publisher = EventPublisher.open(settings);
        TopicLog topic = new TopicLog(settings.bootstrapServers(), settings.eventsTopic())) {
      KafkaReplay replay = new KafkaReplay(publisher, ReplaySpeed.MAX, progress -> {});
      replay.run(write(clicks(0, 20)), mark);
      assertThatThrownBy(() -> replay.run(write(clicks(100, 40)), mark))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another log: line 20");
      assertThatThrownBy(() -> replay.run(write(clicks(0, 10)), mark))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("20 lines, the log has 10");
      // The same log, which has grown; and a mark of an earlier version, which has no hash.
      assertThat(replay.run(write(clicks(0, 30)), mark).skipped()).isEqualTo(20);
      Files.writeString(mark, "30\n");
      assertThat(replay.run(write(clicks(0, 35)), mark).skipped()).isEqualTo(30);
      topic.update();
      assertThat(eventIds(topic, settings)).hasSize(35);
    }
  }

  @Test
  void storeReplay_anotherLogUnderTheSameName_isRefused() throws Exception {
    try (RocksDbSequenceStore store = open()) {
      StoreReplay replay = new StoreReplay(store, progress -> {});
      replay.run(write(clicks(0, 20)), "log");
      assertThatThrownBy(() -> replay.run(write(clicks(100, 40)), "log"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another log", "--name");
      assertThat(replay.run(write(clicks(0, 30)), "log").skipped()).isEqualTo(20);
    }
  }

  private static List<byte[]> clicks(int from, int count) {
    return IntStream.range(from, from + count)
        .mapToObj(i -> EventJson.encode(RunningIngest.click(i, "u" + i)))
        .toList();
  }

  @Test
  void speed_pacesByTheLogsOwnTimes() {
    assertThat(ReplaySpeed.parse("10x").dueNanos(1_000, 3_000)).isEqualTo(200_000_000L);
    assertThat(ReplaySpeed.parse("0.5x").dueNanos(1_000, 2_000)).isEqualTo(2_000_000_000L);
    assertThat(ReplaySpeed.parse("10x").dueNanos(1_000, 500)).isZero();
    assertThat(ReplaySpeed.parse("max").dueNanos(0, 1_000_000)).isZero();
    for (String wrong : List.of("", "x", "10", "-1x", "fast", "NaNx", "2e9x")) {
      assertThatThrownBy(() -> ReplaySpeed.parse(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("speed=");
    }
  }

  private Path write(List<byte[]> lines) throws IOException {
    Path log = directory.resolve("log.jsonl");
    try (var out = Files.newOutputStream(log)) {
      for (byte[] line : lines) {
        out.write(line);
        out.write('\n');
      }
    }
    return log;
  }

  private RocksDbSequenceStore open() throws IOException {
    return RocksDbSequenceStore.open(directory.resolve("store"), RunningIngest.FOLD);
  }

  private static Consumer<ReplayProgress> stopAt(long lines) {
    return progress -> {
      if (progress.lines() >= lines) {
        throw new Interrupted();
      }
    };
  }

  private static Map<String, byte[]> stored(RocksDbSequenceStore store) {
    Map<String, byte[]> values = new TreeMap<>();
    store.forEachStored((partition, user, value) -> values.put(user, value));
    return values;
  }

  private static Set<String> eventIds(TopicLog topic, KafkaSettings settings) {
    Set<String> ids = new HashSet<>();
    for (int partition = 0; partition < settings.eventPartitions(); partition++) {
      SourcePartition source = new SourcePartition(settings.eventsTopic(), partition);
      for (ConsumerRecord<byte[], byte[]> record : topic.raw(source)) {
        if (EventJson.decode(record.value()) instanceof Event event) {
          ids.add(event.id());
        } else {
          throw new AssertionError(new String(record.value(), StandardCharsets.UTF_8));
        }
      }
    }
    return ids;
  }
}
