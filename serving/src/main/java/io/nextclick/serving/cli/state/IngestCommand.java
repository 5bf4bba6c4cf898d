// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.state;

import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.IngestSettings;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.ingest.kafka.IngestStatus.State;
import io.nextclick.ingest.kafka.KafkaIngest;
import io.nextclick.ingest.kafka.RefusedRecords;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.KafkaOptions;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.state.DataLayout;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ingest}: folds Kafka topics into a store, without HTTP, until it is told to stop. */
@Command(
    name = "ingest",
    description = "Folds the events of Kafka topics into a store until it gets SIGTERM or SIGINT.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick ingest --kafka localhost:9092 --store data/store",
      "  nextclick ingest --kafka broker:9093 --client security.protocol=SSL"
    })
public final class IngestCommand implements Callable<Integer> {

  private static final long REPORT_SECONDS = 5;

  @Mixin private KafkaOptions kafka = new KafkaOptions();
  @Mixin private StoreOptions store = new StoreOptions();

  @Option(
      names = "--group",
      paramLabel = "ID",
      defaultValue = "nextclick",
      description =
          "Consumer group; processes of one group share the partitions. Default: ${DEFAULT-VALUE}.")
  private String groupId = "";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws Exception {
    KafkaSettings settings = settings();
    Preflight.outputDirectory(store.directory());
    IngestSettings limits = IngestSettings.in(DataLayout.of(store.directory()).ingest());
    CountDownLatch told = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stopAndWait(told, done)));
    IngestStatus end;
    try (RocksDbSequenceStore folded = store.open()) {
      KafkaIngest ingest =
          KafkaIngest.start(
              settings,
              limits,
              folded,
              InstantSource.system(),
              new RefusedRecords(InstantSource.system()));
      try (ingest) {
        reportUntil(told, ingest);
      }
      end = ingest.status();
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf("Folded %,d records into %s%n", end.records(), store.directory());
    out.flush();
    if (end.state() == State.FAILED) {
      throw new CommandFailed("ingest failed: " + end.reason());
    }
    for (IngestStatus.Partition partition : end.partitions()) {
      if (partition.failure() != null) {
        throw new CommandFailed(
            "%s is stopped: %s".formatted(partition.partition(), partition.failure()));
      }
    }
    done.countDown();
    return 0;
  }

  private KafkaSettings settings() throws CommandFailed {
    try {
      return kafka.settings().withGroupId(groupId);
    } catch (IllegalArgumentException e) {
      throw new CommandFailed("--group=%s: %s; give a name".formatted(groupId, e.getMessage()), e);
    }
  }

  private void reportUntil(CountDownLatch told, KafkaIngest ingest) throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    while (!told.await(REPORT_SECONDS, TimeUnit.SECONDS)) {
      IngestStatus status = ingest.status();
      long lag = status.partitions().stream().mapToLong(p -> Math.max(0, p.lag())).sum();
      err.printf(
          "%s: %,d records, %,d waiting %s%n",
          status.state(), status.records(), lag, status.reason() == null ? "" : status.reason());
      status.partitions().stream()
          .filter(partition -> partition.failure() != null)
          .forEach(p -> err.printf("stopped %s: %s%n", p.partition(), p.failure()));
      status.gaps().forEach(gap -> err.printf("not read: %s%n", gap));
      err.flush();
      if (status.state() == State.FAILED) {
        return;
      }
    }
  }

  /** A signal ends the JVM when its hooks return: this one waits for the store to be closed. */
  private static void stopAndWait(CountDownLatch told, CountDownLatch done) {
    told.countDown();
    try {
      if (done.await(10, TimeUnit.SECONDS)) {
        Runtime.getRuntime().halt(0);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
