// SPDX-License-Identifier: Apache-2.0
package io.nextclick.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.Exit;
import org.apache.kafka.metadata.storage.Formatter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A single-node Kafka broker (KRaft, combined mode) in this JVM, with its log on disk.
 *
 * <p>It listens on the loopback interface, without authentication. The log survives restarts and
 * kills. One node has no replica: it serves one machine, not a cluster.
 */
public final class EmbeddedBroker implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedBroker.class);

  // Below the range from which systems take the ports of outgoing connections, so that none of
  // those takes the port between our look and the broker's bind.
  private static final int LOWEST_PORT = 20_000;
  private static final int PORTS = 12_000;

  /** So long a broker may hand over, which takes a moment when it works, and fails when not. */
  private static final Duration HANDOVER = Duration.ofSeconds(10);

  private static final Duration HANDOVER_OF_FAILED = Duration.ofSeconds(2);

  private static final Duration CLOSE = Duration.ofSeconds(15);

  /** By the group that all threads of a broker are in: what it has failed of. */
  private static final Map<ThreadGroup, String> FAULTS = new ConcurrentHashMap<>();

  private final KafkaRaftServer server;
  private final ThreadGroup threads;
  private final Path directory;
  private final int port;

  private EmbeddedBroker(KafkaRaftServer server, ThreadGroup threads, Path directory, int port) {
    this.server = server;
    this.threads = threads;
    this.directory = directory;
    this.port = port;
  }

  /**
   * Starts a broker whose files all lie below {@code directory}, and returns when it serves.
   *
   * @param directory its own directory; made and formatted when it is new
   * @param port the port for clients; 0 takes a free one
   * @throws IOException if the directory cannot be used or the broker does not start
   */
  public static EmbeddedBroker start(Path directory, int port) throws IOException {
    return start(directory, port, Map.of());
  }

  /**
   * The same with some of Kafka's own settings, so that a test meets what larger brokers do.
   *
   * @param settings take the place of ours
   */
  public static EmbeddedBroker start(Path directory, int port, Map<String, String> settings)
      throws IOException {
    // A fatal fault of the broker ends the thread it is in, not the service around it.
    Exit.setHaltProcedure(EmbeddedBroker::refuseExit);
    Exit.setExitProcedure(EmbeddedBroker::refuseExit);
    return open(directory, port, settings);
  }

  /** Where clients connect: {@code host:port}. */
  public String bootstrapServers() {
    return "127.0.0.1:" + port;
  }

  /**
   * Why it takes no records any more, for good, such as a log that could not be written; null while
   * it does. Another broker can be started in its place once it is closed.
   */
  public @Nullable String fault() {
    String fault = FAULTS.get(threads);
    return fault == null
        ? null
        : "the embedded broker failed: %s; its log is in %s: is the disk full, or are file handles out?"
            .formatted(fault, directory);
  }

  /**
   * Stops and returns when all is on disk. One that has failed cannot do all that it would: it is
   * not waited for longer than some seconds.
   */
  @Override
  public void close() {
    Thread closing = new Thread(threads, this::shutDown, "broker-stop");
    closing.setDaemon(true);
    closing.start();
    boolean interrupted = false;
    try {
      // The handover waits five minutes for a controller that is gone; woken, it goes on to close.
      if (!closing.join(fault() == null ? HANDOVER : HANDOVER_OF_FAILED)) {
        closing.interrupt();
      }
      if (!closing.join(CLOSE)) {
        LOG.error("The Kafka broker in {} does not stop; it is left behind", directory);
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    FAULTS.remove(threads);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void shutDown() {
    server.shutdown();
    server.awaitShutdown();
  }

  private static EmbeddedBroker open(Path directory, int port, Map<String, String> settings)
      throws IOException {
    Files.createDirectories(directory);
    Path home = directory.toRealPath();
    int clientPort = port == 0 ? freePort(0) : port;
    Properties properties = BrokerSettings.of(home, clientPort, freePort(clientPort));
    properties.putAll(settings);
    format(home);
    ThreadGroup threads = new ThreadGroup("broker-" + clientPort);
    try {
      KafkaRaftServer server = startServer(properties, threads);
      return new EmbeddedBroker(server, threads, home, clientPort);
    } catch (ExecutionException e) {
      throw new IOException(
          "The Kafka broker did not start: directory=%s, port=%d: %s. Is the port taken, or the directory in use by another broker?"
              .formatted(home, clientPort, e.getCause()),
          e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while the Kafka broker started", e);
    }
  }

  /**
   * Runs the start on a platform thread: class initialisation within it would pin the carriers of
   * virtual threads for ever.
   */
  private static KafkaRaftServer startServer(Properties properties, ThreadGroup threads)
      throws ExecutionException, InterruptedException {
    FutureTask<KafkaRaftServer> start =
        new FutureTask<>(() -> {
          KafkaRaftServer server =
              new KafkaRaftServer(KafkaConfig.fromProps(properties, false), Time.SYSTEM);
          try {
            server.startup();
          } catch (Throwable e) {
            server.shutdown();
            throw e;
          }
          return server;
        });
    new Thread(threads, start, "broker-start").start();
    return start.get();
  }

  private static void format(Path home) throws IOException {
    if (Files.exists(home.resolve("meta.properties"))) {
      return;
    }
    try (PrintStream silent =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      new Formatter()
          .setClusterId(Uuid.randomUuid().toString())
          .setNodeId(BrokerSettings.NODE_ID)
          .setControllerListenerName(BrokerSettings.CONTROLLER)
          .setDirectories(List.of(home.toString()))
          .setMetadataLogDirectory(home.toString())
          .setPrintStream(silent)
          .run();
    } catch (Exception e) {
      throw new IOException("Cannot format the Kafka log directory " + home, e);
    }
  }

  private static int freePort(int other) throws IOException {
    for (int attempt = 0; attempt < 100; attempt++) {
      int candidate = LOWEST_PORT + ThreadLocalRandom.current().nextInt(PORTS);
      if (candidate == other) {
        continue;
      }
      try (ServerSocket probe = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
        return probe.getLocalPort();
      } catch (IOException taken) {
        LOG.debug("Port {} is taken", candidate);
      }
    }
    throw new IOException(
        "No free port between %d and %d".formatted(LOWEST_PORT, LOWEST_PORT + PORTS));
  }

  private static void refuseExit(int status, @Nullable String message) {
    String fault = message == null ? "see the log lines before" : message;
    FAULTS.putIfAbsent(Thread.currentThread().getThreadGroup(), fault);
    LOG.error("The Kafka broker failed for good: status={}, message={}", status, message);
    throw new IllegalStateException("Kafka broker fault: " + message);
  }

  /**
   * Runs a broker as a process of its own until it is told to stop: {@code DIRECTORY PORT}. Prints
   * its address once it serves.
   */
  public static void main(String[] args) throws Exception {
    if (args.length != 2) {
      throw new IllegalArgumentException("usage: EmbeddedBroker DIRECTORY PORT");
    }
    EmbeddedBroker broker = open(Path.of(args[0]), Integer.parseInt(args[1]), Map.of());
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              broker.close();
              stopped.countDown();
            }));
    System.out.println(broker.bootstrapServers());
    System.out.flush();
    stopped.await();
  }
}
