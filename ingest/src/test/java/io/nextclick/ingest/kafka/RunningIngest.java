// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.stream.Stream;

/** Ingest with a store of its own, for tests. */
public record RunningIngest(RocksDbSequenceStore store, KafkaIngest ingest)
    implements AutoCloseable {

  public static final FoldSettings FOLD = FoldSettings.DEFAULT.withMaxHistory(64);
  static final Duration PATIENCE = Duration.ofSeconds(60);

  static RunningIngest start(KafkaSettings settings, Path directory) throws IOException {
    return start(settings, directory, RocksDbSequenceStore.open(directory.resolve("store"), FOLD));
  }

  static RunningIngest start(KafkaSettings settings, Path directory, RocksDbSequenceStore store) {
    IngestSettings limits = IngestSettings.in(directory).withMinFreeBytes(1);
    return new RunningIngest(
        store, KafkaIngest.start(settings, limits, store, InstantSource.system()));
  }

  IngestStatus status() {
    return ingest.status();
  }

  /** Waits until all of the log is folded. */
  void awaitAllRead(LogOracle oracle) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(status().caughtUp()).as("%s", status()).isTrue();
          assertThat(oracle.unread(store)).isZero();
        });
  }

  Optional<String> failure(SourcePartition partition) {
    return status().partitions().stream()
        .filter(p -> p.partition().equals(partition))
        .flatMap(p -> Stream.ofNullable(p.failure()))
        .findFirst();
  }

  public static Event click(int id, String user) {
    return Event.behaviour("e" + id, "click", user, "i" + id, 1_795_341_600_000L + id);
  }

  @Override
  public void close() {
    try (store;
        ingest) {
      // both are closed, ingest first
    }
  }
}
