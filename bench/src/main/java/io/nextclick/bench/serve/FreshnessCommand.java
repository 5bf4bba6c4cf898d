// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.bundle.BundleWriter;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.serving.cli.Nextclick;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code nextclick bench freshness}: from an event posted to a list that it has changed. */
@Command(
    name = "freshness",
    mixinStandardHelpOptions = true,
    description = {
      "Posts events at a rate (open loop, Poisson arrivals, one per request) to a service with its"
          + " embedded broker and a model with random weights, all on the cores of this machine.",
      "Meanwhile probes rank for a user, post one event of that user, and rank until the list is"
          + " another: that time, from before the post to the changed list, is what is reported.",
      "Exit status 0 only if nothing failed and the 99th percentile is below --objective.",
      "Example: ./nextclick bench freshness --rate 1000 --seconds 30"
    })
public final class FreshnessCommand implements Callable<Integer> {

  private static final int ITEMS = 1_000;
  private static final Duration WARM_UP = Duration.ofSeconds(15);
  private static final int WARM_UP_LISTS = 5_000;
  private static final long SEED = 20_261_123;

  @Option(
      names = "--rate",
      defaultValue = "1000",
      description = "Events per second, one each" + " request. Default: ${DEFAULT-VALUE}.")
  private double rate;

  @Option(names = "--seconds", defaultValue = "30", description = "Default: ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(
      names = "--objective",
      paramLabel = "MILLIS",
      defaultValue = "200",
      description = "For the 99th percentile. Default: ${DEFAULT-VALUE}.")
  private double objective;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("nextclick-freshness");
    try {
      publish(directory);
      Path config = configuration(directory);
      try (ServiceProcess service =
          ServiceProcess.start(
              Cores.shared(),
              directory.resolve("service.log"),
              List.of("-Xms1g", "-Xmx1g"),
              Nextclick.class,
              "serve",
              "--config",
              config.toString())) {
        return measure(service.port());
      }
    } finally {
      delete(directory);
    }
  }

  private int measure(int port) throws IOException, InterruptedException {
    System.out.printf(
        "Service, broker and generator share the %d cores of this machine%n",
        Runtime.getRuntime().availableProcessors());
    try (EventLoad load = new EventLoad(port, ITEMS, SEED)) {
      load.awaitPublished();
      load.run(rate, WARM_UP);
      load.warmUp(WARM_UP_LISTS);
      EventLoad.Result result = load.run(rate, Duration.ofSeconds(seconds));
      System.out.printf(
          Locale.ROOT,
          "%nevents: %.0f per second, %d failed; the generator was late by %.1f ms (p99)%n%n",
          result.rate(),
          result.failed(),
          result.lag().getValueAtPercentile(99) / 1e6);
      if (load.firstFailure() != null) {
        System.out.printf("The first failure: %s%n%n", load.firstFailure());
      }
      System.out.println("                            times   p50 ms   p99 ms p99.9 ms   max ms");
      print("acknowledged by Kafka", result.acknowledged());
      print("posted to changed ranking", result.changed());
      double p99 = result.changed().getValueAtPercentile(99) / 1e6;
      boolean good = result.failed() == 0 && p99 < objective;
      System.out.printf(
          Locale.ROOT,
          "%nFreshness: p99 %.1f ms over %d probes, %s %.0f ms%n",
          p99,
          result.changed().getTotalCount(),
          p99 < objective ? "below" : "NOT below",
          objective);
      return good ? 0 : 1;
    }
  }

  private static void print(String what, Histogram nanos) {
    System.out.printf(
        Locale.ROOT,
        "%-25s %7d %8.1f %8.1f %8.1f %8.1f%n",
        what,
        nanos.getTotalCount(),
        nanos.getValueAtPercentile(50) / 1e6,
        nanos.getValueAtPercentile(99) / 1e6,
        nanos.getValueAtPercentile(99.9) / 1e6,
        nanos.getMaxValue() / 1e6);
  }

  private static void publish(Path directory) throws IOException {
    Vocabulary vocabulary =
        new Vocabulary(IntStream.rangeClosed(1, ITEMS).mapToObj(i -> "i" + i).toList());
    EncoderConfig config =
        EncoderConfig.builder(ITEMS, Scoring.ATTEND)
            .width(64, 256)
            .layers(2, 2)
            .history(50)
            .build();
    BundleWriter.Label label =
        new BundleWriter.Label(
            "fresh",
            "v1",
            List.of(),
            new Calibration.Identity(),
            Map.of("random weights", "seed " + SEED),
            Map.of());
    new BundleWriter(directory.resolve("models"))
        .publish(label, vocabulary, EncoderWeights.random(config, SEED));
  }

  private static Path configuration(Path directory) throws IOException {
    return Files.writeString(
        directory.resolve("service.yml"),
        """
        store: {path: "%s"}
        kafka: {servers: embedded, port: 0, directory: "%s"}
        model: {directory: "%s", active: fresh/v1}
        server:
          applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: 0}]
          adminConnectors: [{type: http, bindHost: 127.0.0.1, port: 0}]
          requestLog: {appenders: []}
        """
            .formatted(
                directory.resolve("store"),
                directory.resolve("kafka"),
                directory.resolve("models")));
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
