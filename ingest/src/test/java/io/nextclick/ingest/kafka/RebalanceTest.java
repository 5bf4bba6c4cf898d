// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Partitions move between two processes of one group, each with its own store. */
class RebalanceTest {

  private static final long SEED = 11;

  @RegisterExtension static final TestBroker BROKER = new TestBroker();

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void partitionsMove_bothStoresStayFoldsOfTheLog(String protocol) throws Exception {
    KafkaSettings settings = BROKER.freshSettings().withClient(Map.of("group.protocol", protocol));
    EventPublisher.open(settings).close();
    try (TopicLog log =
            new TopicLog(
                settings.bootstrapServers(), settings.eventsTopic(), settings.itemsTopic());
        Traffic traffic = new Traffic(settings, SEED, 100_000);
        RunningIngest first = RunningIngest.start(settings, directory.resolve("first"))) {
      traffic.start();
      awaitPartitions(settings, 6, first);
      try (RunningIngest second = RunningIngest.start(settings, directory.resolve("second"))) {
        awaitPartitions(settings, 3, second);
        awaitPartitions(settings, 6, first, second);
        first.ingest().close();
        assertThat(new LogOracle(log, RunningIngest.FOLD).differences(first.store())).isEmpty();
        awaitPartitions(settings, 6, second);
        traffic.close();
        LogOracle oracle = new LogOracle(log, RunningIngest.FOLD);
        second.awaitAllRead(oracle);
        assertThat(oracle.differences(second.store())).isEmpty();
        System.out.printf("protocol=%s, records=%d%n", protocol, second.status().records());
      }
    }
  }

  private static void awaitPartitions(KafkaSettings settings, int count, RunningIngest... owners) {
    await()
        .atMost(RunningIngest.PATIENCE)
        .untilAsserted(() ->
            assertThat(
                    Stream.of(owners)
                        .flatMap(owner -> owner.status().partitions().stream())
                        .map(IngestStatus.Partition::partition)
                        .filter(p -> p.topic().equals(settings.eventsTopic())))
                .hasSize(count)
                .doesNotHaveDuplicates());
  }
}
