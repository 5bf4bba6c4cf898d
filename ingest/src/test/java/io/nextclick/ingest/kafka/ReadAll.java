// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Ingest as a process of its own, with the arguments of {@link IngestProcess}, until all is read.
 */
final class ReadAll {

  private ReadAll() {}

  public static void main(String[] args) throws Exception {
    KafkaSettings settings =
        KafkaSettings.of(args[0])
            .withTopics(args[1], args[2], args[3])
            .withGroupId(args[4])
            .withClient(Map.of("group.instance.id", "only"));
    Path directory = Path.of(args[5]);
    try (RocksDbSequenceStore store =
            RocksDbSequenceStore.open(directory.resolve("store"), IngestProcess.FOLD);
        KafkaIngest ingest =
            KafkaIngest.start(
                settings,
                IngestSettings.in(directory).withMinFreeBytes(0),
                store,
                InstantSource.system())) {
      while (!isAllRead(ingest.status())) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
      System.out.println("all read");
    }
  }

  private static boolean isAllRead(IngestStatus status) {
    if (status.state() == IngestStatus.State.FAILED) {
      throw new IllegalStateException(status.reason());
    }
    return status.caughtUp() && status.partitions().size() > 1;
  }
}
