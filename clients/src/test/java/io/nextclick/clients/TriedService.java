// SPDX-License-Identifier: Apache-2.0
package io.nextclick.clients;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.bundle.BundleWriter;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.serving.NextclickServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A service with its own broker and a model {@code shop}: {@code v1} is calibrated and serves,
 * {@code v2} is not.
 */
final class TriedService implements AutoCloseable {

  private static final int ITEMS = 40;
  private static final long START_NANOS = 60_000_000_000L;

  private final NextclickServer server;

  private TriedService(NextclickServer server) {
    this.server = server;
  }

  static TriedService start(Path directory) throws Exception {
    Path models = directory.resolve("models");
    publish(models, "v1", new Calibration.Platt(0.8, -1));
    publish(models, "v2", new Calibration.Identity());
    Path file = directory.resolve("nextclick.yml");
    Files.writeString(
        file,
        """
        store: {path: "%s", minFreeSpace: 1MiB}
        kafka: {servers: embedded, port: 0, directory: "%s"}
        model: {directory: "%s", active: shop/v1}
        server:
          applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: 0}]
          adminConnectors: [{type: http, bindHost: 127.0.0.1, port: 0}]
        logging: {level: WARN}
        """
            .formatted(directory.resolve("store"), directory.resolve("kafka"), models));
    TriedService service = new TriedService(NextclickServer.start(file));
    service.awaitEvents();
    return service;
  }

  private static void publish(Path models, String version, Calibration calibration)
      throws IOException {
    EncoderConfig config =
        EncoderConfig.builder(ITEMS, Scoring.DOT).width(16, 16).layers(1, 2).history(20).build();
    Vocabulary items =
        new Vocabulary(IntStream.rangeClosed(1, ITEMS).mapToObj(i -> "i" + i).toList());
    new BundleWriter(models)
        .publish(
            new BundleWriter.Label(
                "shop", version, FoldSettings.DEFAULT.actions(), calibration, Map.of(), Map.of()),
            items,
            EncoderWeights.random(config, 5));
  }

  /** Describes every item, so that what one client describes is not all there is for the other. */
  private void awaitEvents() throws Exception {
    String events =
        IntStream.rangeClosed(1, ITEMS)
            .mapToObj(i ->
                "{\"id\":\"first-%d\",\"action\":\"item\",\"item\":\"i%d\",\"time\":%d}"
                    .formatted(i, i, System.currentTimeMillis()))
            .collect(Collectors.joining("\n"));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base() + "/v1/events?wait=true"))
            .header("content-type", "application/x-ndjson")
            .POST(BodyPublishers.ofString(events))
            .build();
    long start = System.nanoTime();
    try (HttpClient http = HttpClient.newHttpClient()) {
      int status;
      do {
        status = http.send(request, BodyHandlers.ofString()).statusCode();
      } while (status != 200 && System.nanoTime() - start < START_NANOS);
      if (status != 200) {
        throw new IOException("the service takes no events: status " + status);
      }
    }
  }

  String base() {
    return "http://127.0.0.1:" + server.port();
  }

  @Override
  public void close() throws Exception {
    server.close();
  }
}
