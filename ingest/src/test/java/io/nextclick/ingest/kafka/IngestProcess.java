// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.Failpoints;
import io.nextclick.features.store.Failpoints.Point;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.features.store.SplitOffsetStore;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ingest as a process of its own, for tests that kill it. Prints a line when it has folded its
 * first records.
 */
final class IngestProcess {

  /** Where the process kills itself, if at all. */
  enum Death {
    NOT_BY_ITSELF,
    BEFORE_BATCH,
    AFTER_BATCH,
    BETWEEN_SPLIT_BATCHES
  }

  static final FoldSettings FOLD = FoldSettings.DEFAULT.withMaxHistory(64);

  private IngestProcess() {}

  /** The arguments with which {@link #main} does the same. */
  static String[] arguments(KafkaSettings settings, Path directory, Death death, int passes) {
    return new String[] {
      settings.bootstrapServers(),
      settings.eventsTopic(),
      settings.itemsTopic(),
      settings.deadLetterTopic(),
      settings.groupId(),
      directory.toString(),
      death.name(),
      Integer.toString(passes)
    };
  }

  public static void main(String[] args) throws Exception {
    // As a static member, the next process takes over at once from the one that was killed.
    KafkaSettings settings =
        KafkaSettings.of(args[0])
            .withTopics(args[1], args[2], args[3])
            .withGroupId(args[4])
            .withClient(Map.of("group.instance.id", "only"));
    Path directory = Path.of(args[5]);
    try (RocksDbSequenceStore store =
            open(directory.resolve("store"), Death.valueOf(args[6]), Integer.parseInt(args[7]));
        KafkaIngest ingest =
            KafkaIngest.start(
                settings,
                IngestSettings.in(directory).withMinFreeBytes(0),
                store,
                InstantSource.system())) {
      while (ingest.status().records() == 0) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      System.out.println("reading");
      ingest.awaitEnd();
    }
  }

  private static RocksDbSequenceStore open(Path path, Death death, int passes) throws IOException {
    AtomicInteger left = new AtomicInteger(passes);
    Runnable die =
        () -> {
          if (left.decrementAndGet() == 0) {
            Runtime.getRuntime().halt(137);
          }
        };
    return switch (death) {
      case NOT_BY_ITSELF -> RocksDbSequenceStore.open(path, FOLD);
      case BEFORE_BATCH -> new FailingStore(path, at(Point.BEFORE_BATCH, die));
      case AFTER_BATCH -> new FailingStore(path, at(Point.AFTER_BATCH, die));
      case BETWEEN_SPLIT_BATCHES -> new SplitOffsetStore(path, FOLD, die);
    };
  }

  private static Failpoints at(Point where, Runnable die) {
    return point -> {
      if (point == where) {
        die.run();
      }
    };
  }

  private static final class FailingStore extends RocksDbSequenceStore {
    FailingStore(Path path, Failpoints failpoints) throws IOException {
      super(path, FOLD, failpoints, new Random(1));
    }
  }

  /** The ways to die inside a batch, in turn. */
  static final List<Death> IN_A_BATCH = List.of(Death.BEFORE_BATCH, Death.AFTER_BATCH);
}
