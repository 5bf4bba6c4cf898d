// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

import io.nextclick.serving.NextclickServer;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
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
      "It ranks from the store at once, and says when Kafka is there and events are taken:"
          + " /ready is green from then on, or when the broker is found to be away.",
      "SIGTERM and Ctrl-C end it in order, with exit status 0."
    })
public final class ServeCommand implements Callable<Integer> {

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

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
          "Starts, asks itself for ranked lists, by each configured model too, and stops: exit"
              + " status 0 only if all of it worked. To try a configuration, and to record an AOT"
              + " cache.")
  private boolean check;

  @Override
  public Integer call() throws Exception {
    long start = System.nanoTime();
    Notices.logUncaught();
    NextclickServer server;
    try {
      if (from != null) {
        Preflight.store(from);
      }
      server = ServerStart.start(config, from);
    } catch (Exception e) {
      if (!NextclickServer.logsJsonByEnvironment()) {
        throw e;
      }
      new Notices(true).failed("Nextclick did not start: " + e.getMessage(), e);
      return CommandLine.ExitCode.SOFTWARE;
    }
    Notices notices = new Notices(server.logsJson());
    if (check) {
      try (server) {
        notices.last("Nextclick works: " + new ServiceCheck(server).run());
      } catch (CommandFailed e) {
        if (server.logsJson()) {
          notices.failed("Nextclick does not work", e);
          return CommandLine.ExitCode.SOFTWARE;
        }
        throw e;
      }
      return CommandLine.ExitCode.OK;
    }
    StopOnSignal.install(server, notices);
    notices.info(
        "Nextclick serves on %s/ (console) after %.1f s; health, /ready and /metrics on %s"
            .formatted(server.url(), (System.nanoTime() - start) / 1e9, server.adminUrl()));
    Thread.ofVirtual().start(() -> sayWhenEventsAreTaken(server, notices, start));
    server.join();
    return CommandLine.ExitCode.OK;
  }

  /** Ranking does not wait for Kafka; who sends events may want to. */
  private static void sayWhenEventsAreTaken(NextclickServer server, Notices notices, long start) {
    String closed;
    while ((closed = server.eventsClosedBecause()) != null && server.isOpening()) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    notices.info(
        closed == null
            ? "Events are taken after %.1f s".formatted(seconds)
            : "Events are not taken after %.1f s: %s".formatted(seconds, closed));
  }
}
