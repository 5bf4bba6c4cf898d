// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import io.nextclick.serving.NextclickServer;
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

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The configuration; deploy/nextclick.yml explains every key.")
  private @Nullable Path config;

  @Override
  public Integer call() throws Exception {
    long start = System.nanoTime();
    NextclickServer server = ServerStart.start(config);
    StopOnSignal.install(server);
    System.out.printf(
        "Nextclick serves on http://localhost:%d/ (console) after %.1f s; health, /ready and"
            + " /metrics on port %d%n",
        server.port(), (System.nanoTime() - start) / 1e9, server.adminPort());
    server.join();
    return 0;
  }
}
