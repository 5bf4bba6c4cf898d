// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.BatchListener;
import io.nextclick.ingest.kafka.IngestSettings;
import io.nextclick.ingest.kafka.IngestStatus.State;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveLogTest {

  private static final String NOBODY = "127.0.0.1:1";

  @TempDir private Path directory;

  @Test
  void publish_brokerAway_isRefusedByTheProducerAtFirst_laterAtOnce() throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    KafkaSettings settings = KafkaSettings.of(NOBODY).withClient(Map.of("max.block.ms", "200"));
    ServingStore store =
        new ServingStore(
            RocksDbSequenceStore.open(directory.resolve("store"), FoldSettings.DEFAULT));
    LiveLog log =
        new LiveLog(
            LogSource.of(settings),
            store,
            IngestSettings.in(directory),
            now::get,
            BatchListener.NONE);
    log.start();
    try {
      await().atMost(Duration.ofSeconds(60)).until(() -> log.status().state() == State.BROKER_AWAY);
      List<Event> click =
          List.of(new Event("a", "click", "u", List.of("i"), 1, null, Map.of(), Map.of(), true));

      assertThatThrownBy(() -> log.publish(click))
          .isInstanceOf(LogUnavailableException.class)
          .hasMessageContaining("did not acknowledge");
      now.set(Instant.EPOCH.plusSeconds(5));
      assertThatThrownBy(() -> log.publish(click))
          .isInstanceOf(LogUnavailableException.class)
          .hasMessageContaining(NOBODY);
    } finally {
      log.stop();
      store.close();
    }
  }
}
