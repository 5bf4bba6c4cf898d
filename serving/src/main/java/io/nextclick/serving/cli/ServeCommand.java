// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.serving.NextclickServer;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code nextclick serve}: runs the service until it is told to stop. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the service: events from Kafka into the store, ranked lists over HTTP.",
      "Without --config it runs on the defaults: an embedded Kafka broker, everything below ./data,"
          + " HTTP on port 8080, health and metrics on port 8081 of the loopback interface.",
      "SIGTERM and Ctrl-C end it in order, with exit status 0."
    })
public final class ServeCommand implements Callable<Integer> {

  /** Enough for the JIT compiler to see what a request runs through. */
  private static final int CHECKS = 300;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The configuration; deploy/nextclick.yml explains every key.")
  private @Nullable Path config;

  @Option(
      names = "--from",
      paramLabel = "DIR",
      description =
          "Begins with the state of a checkpoint, and reads on from there; there must be no store.")
  private @Nullable Path from;

  @Option(
      names = "--check",
      description =
          "Starts, asks itself for ranked lists, and stops: exit status 0 only if all of it worked."
              + " To try a configuration, and to record an AOT cache.")
  private boolean check;

  @Override
  public Integer call() throws Exception {
    long start = System.nanoTime();
    NextclickServer server = ServerStart.start(config, from);
    if (check) {
      check(server);
      return 0;
    }
    StopOnSignal.install(server);
    System.out.printf(
        "Nextclick serves on http://localhost:%d/ (console) after %.1f s; health, /ready and"
            + " /metrics on port %d%n",
        server.port(), (System.nanoTime() - start) / 1e9, server.adminPort());
    server.join();
    return 0;
  }

  private static void check(NextclickServer server) throws Exception {
    try (server;
        DemoClient client = new DemoClient(server.port(), server.adminPort())) {
      JsonNode list = client.rank(DemoClient.rankBody("check"));
      long started = ManagementFactory.getRuntimeMXBean().getStartTime();
      double seconds = (System.currentTimeMillis() - started) / 1e3;
      for (int i = 1; i < CHECKS; i++) {
        client.rank(DemoClient.rankBody("check"));
      }
      client.get("/v1/models");
      client.text("/");
      client.folded();
      System.out.printf(
          "Nextclick works: %.2f s from the start of the JVM to the first ranked list, by"
              + " model %s%n",
          seconds, list.path("model").path("name").asText());
    }
  }
}
