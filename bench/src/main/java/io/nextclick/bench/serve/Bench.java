// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.serving.access.KeyFile;
import io.nextclick.serving.access.Role;
import io.nextclick.serving.cli.Nextclick;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;

/** Starts the systems on one {@link Shop} in a temporary directory, which it deletes at the end. */
final class Bench implements AutoCloseable {

  private static final List<String> HEAP = List.of("-Xms1g", "-Xmx1g");

  private final Shop shop;
  private final Cores cores;
  private final String headers;

  private Bench(Shop shop, Cores cores, String headers) {
    this.shop = shop;
    this.cores = cores;
    this.headers = headers;
  }

  static Bench make(int users, Cores cores) throws IOException {
    return new Bench(Shop.make(Files.createTempDirectory("nextclick-bench"), users), cores, "");
  }

  /** The same with a service that asks for API keys, and clients that have one. */
  static Bench makeWithKeys(int users, Cores cores) throws IOException {
    Path directory = Files.createTempDirectory("nextclick-bench");
    Shop shop = Shop.make(directory, users);
    KeyFile keys = new KeyFile(directory.resolve("keys.json")); // beside the store
    String key =
        keys.add("bench", EnumSet.of(Role.RANK), Instant.now(), null, new SecureRandom()).text();
    return new Bench(shop, cores, "Authorization: Bearer " + key + "\r\n");
  }

  /** Starts a system, with {@code more} JVM options. */
  ServiceProcess start(Variant variant, Scoring scoring, String... more)
      throws IOException, InterruptedException {
    return start(variant, Shop.model(scoring), more);
  }

  /** The same with a model, NAME/VERSION. */
  ServiceProcess start(Variant variant, String model, String... more)
      throws IOException, InterruptedException {
    Path log = shop.directory().resolve("service.log");
    String file = configure(variant, model, 0).toString();
    List<String> options = Stream.concat(HEAP.stream(), Stream.of(more)).toList();
    return variant.plain()
        ? ServiceProcess.start(cores, log, options, PlainService.class, "server", file)
        : ServiceProcess.start(cores, log, options, Nextclick.class, "serve", "--config", file);
  }

  /** Starts a server that refuses whatever it reads. */
  ServiceProcess startRefusing() throws IOException, InterruptedException {
    Path log = shop.directory().resolve("service.log");
    return ServiceProcess.start(cores, log, HEAP, RefusingServer.class);
  }

  /**
   * Writes the configuration of a system.
   *
   * @param port for requests; 0 takes a free one
   */
  Path configure(Variant variant, String model, int port) throws IOException {
    String server =
        """
        server:
          applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: %d}]
          adminConnectors: [{type: http, bindHost: 127.0.0.1, port: 0}]
          requestLog: {appenders: []}
        """
            .formatted(port);
    String system = variant.plain() ? plain(variant, model) : nextclick(variant, model);
    return Files.writeString(shop.directory().resolve("service.yml"), system + server);
  }

  private String nextclick(Variant variant, String model) {
    return """
    store: {path: "%s"}
    kafka: none
    model: {directory: "%s", active: %s, historyCache: %s}
    """
        .formatted(shop.store(), shop.models(), model, variant.hot() ? "400MiB" : "0B");
  }

  private String plain(Variant variant, String model) {
    return """
    store: "%s"
    bundle: "%s"
    reuse: %s
    logging: {level: WARN}
    """
        .formatted(shop.store(), shop.models().resolve(model), variant == Variant.PLAIN_REUSE);
  }

  /** One ranking request per user. */
  byte[][] requests(int candidates) {
    return shop.requests(candidates, headers, false);
  }

  /** Clients that ask for pages. */
  Load pages(ServiceProcess service, int candidates, long seed) {
    return new Load(service.port(), shop.requests(candidates, headers, true), seed);
  }

  /** Clients that rank. */
  Load load(ServiceProcess service, int candidates, long seed) {
    return new Load(service.port(), requests(candidates), seed);
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(shop.directory())) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
