// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.IngestProcess.Death;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.ingest.kafka.client.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The ingest process is killed again and again, on a real broker; {@code -Dingest.kills=36} as
 * often.
 */
class KillTest {

  private static final long SEED = 20261123;
  private static final int KILLS = Integer.getInteger("ingest.kills", 20);
  private static final int EVENTS_PER_KILL = 1_000;
  private static final int SPLIT_KILLS = 5;
  private static final int STREAM_LENGTH = 400_000;

  @RegisterExtension static final TestBroker BROKER = new TestBroker();

  @TempDir private Path directory;

  private final KafkaSettings settings = BROKER.freshSettings();
  private final Random random = new Random(SEED);

  @Test
  void state_afterEachKill_equalsTheFoldOfTheLogUpToTheStoredOffset() throws Exception {
    System.out.println("seed=" + SEED);
    createTopics();
    long start = System.nanoTime();
    try (TopicLog log = log();
        Traffic traffic = new Traffic(settings, SEED, STREAM_LENGTH)) {
      LogOracle oracle = new LogOracle(log, IngestProcess.FOLD);
      traffic.start();
      for (int kill = 0; kill < KILLS; kill++) {
        lifeAndDeath(kill);
        try (RocksDbSequenceStore store = afterDeath()) {
          assertThat(oracle.differences(store)).as("after kill %d", kill).isEmpty();
        }
      }
      long read = records();
      assertThat(read).isGreaterThanOrEqualTo((long) KILLS * EVENTS_PER_KILL);
      System.out.printf(
          "kills=%d, records folded between them=%d, seconds=%.1f%n",
          KILLS, read, (System.nanoTime() - start) / 1e9);

      traffic.close();
      assertThat(traffic.failed).hasValue(0);
      nothingIsLost(log, oracle, traffic);
    }
  }

  @Test
  void offsetInABatchOfItsOwn_killedInBetween_isFound() throws Exception {
    createTopics();
    try (TopicLog log = log();
        Traffic traffic = new Traffic(settings, SEED, STREAM_LENGTH)) {
      LogOracle oracle = new LogOracle(log, IngestProcess.FOLD);
      traffic.start();
      // A batch of nothing but repeats changes no sequence; so more than one death may be needed.
      List<String> differences = List.of();
      for (int kill = 0; kill < SPLIT_KILLS && differences.isEmpty(); kill++) {
        String[] arguments =
            IngestProcess.arguments(settings, directory, Death.BETWEEN_SPLIT_BATCHES, 20);
        try (ChildJvm child = ChildJvm.start(IngestProcess.class, directory, arguments)) {
          assertThat(child.awaitExit()).isEqualTo(137);
        }
        try (RocksDbSequenceStore store = afterDeath()) {
          differences = oracle.differences(store);
        }
      }
      assertThat(differences).isNotEmpty();
      System.out.println("offset in a batch of its own: " + differences.getFirst());
    }
  }

  /**
   * A third of the deaths happen inside a batch, a third while the process starts or soon after.
   */
  private void lifeAndDeath(int kill) throws Exception {
    Death death = kill % 3 == 0 ? IngestProcess.IN_A_BATCH.get(kill / 3 % 2) : Death.NOT_BY_ITSELF;
    int passes = 5 + random.nextInt(40);
    String[] arguments = IngestProcess.arguments(settings, directory, death, passes);
    try (ChildJvm child = ChildJvm.start(IngestProcess.class, directory, arguments)) {
      switch (kill % 3) {
        case 0 -> assertThat(child.awaitExit()).isEqualTo(137);
        case 1 -> {
          assertThat(child.readLine()).isEqualTo("reading");
          TimeUnit.MILLISECONDS.sleep(20 + random.nextInt(1_500));
          child.kill();
        }
        default -> {
          TimeUnit.MILLISECONDS.sleep(50 + random.nextInt(3_000));
          child.kill();
        }
      }
    }
  }

  private void nothingIsLost(TopicLog log, LogOracle oracle, Traffic traffic) throws Exception {
    try (RocksDbSequenceStore store =
            RocksDbSequenceStore.open(directory.resolve("store"), IngestProcess.FOLD);
        KafkaIngest ingest =
            KafkaIngest.start(
                settings.withClient(Map.of("group.instance.id", "only")),
                IngestSettings.in(directory).withMinFreeBytes(0),
                store,
                InstantSource.system())) {
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> {
            assertThat(ingest.status().caughtUp()).as("%s", ingest.status()).isTrue();
            assertThat(oracle.unread(store)).isZero();
          });
      assertThat(oracle.differences(store)).isEmpty();
    }
    Map<SourcePartition, Set<Long>> inLog =
        List.of(settings.eventsTopic(), settings.itemsTopic()).stream()
            .flatMap(topic -> partitions(topic).stream())
            .collect(
                Collectors.toMap(
                    partition -> partition,
                    partition ->
                        log.raw(partition).stream()
                            .map(ConsumerRecord::offset)
                            .collect(Collectors.toSet())));
    assertThat(traffic.acknowledged)
        .allMatch(sent ->
            inLog
                .getOrDefault(new SourcePartition(sent.topic(), sent.partition()), Set.of())
                .contains(sent.offset()));
    System.out.println("acknowledged sends, all in the log: " + traffic.acknowledged.size());
  }

  private List<SourcePartition> partitions(String topic) {
    int count = topic.equals(settings.eventsTopic()) ? settings.eventPartitions() : 1;
    return IntStream.range(0, count)
        .mapToObj(partition -> new SourcePartition(topic, partition))
        .toList();
  }

  private long records() throws Exception {
    try (RocksDbSequenceStore store = afterDeath()) {
      return store.partitions().values().stream().mapToLong(s -> s.counters().total()).sum();
    }
  }

  /** The store as the dead process left it; a process killed early may not even have made it. */
  private RocksDbSequenceStore afterDeath() throws Exception {
    return RocksDbSequenceStore.openReadOnly(directory.resolve("store"));
  }

  private TopicLog log() {
    return new TopicLog(settings.bootstrapServers(), settings.eventsTopic(), settings.itemsTopic());
  }

  private void createTopics() {
    try (Admin admin = BROKER.admin()) {
      Topics.createMissing(admin, settings);
    }
  }
}
