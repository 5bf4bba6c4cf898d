// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where the demo keeps its files, and the configuration that the service runs on. */
record DemoDirectory(Path path, boolean temporary) {

  /** The given directory, which must be new or empty, or one of its own. */
  static DemoDirectory of(@Nullable Path given) throws IOException, CommandFailed {
    if (given == null) {
      return new DemoDirectory(Files.createTempDirectory("nextclick-demo-"), true);
    }
    Preflight.outputDirectory(given);
    Files.createDirectories(given);
    try (Stream<Path> entries = Files.list(given)) {
      if (entries.findAny().isPresent()) {
        throw new CommandFailed(
            given
                + " is not empty; if a demo made it, go on with: ./nextclick serve --config "
                + given.resolve("nextclick.yml"));
      }
    }
    return new DemoDirectory(given.toRealPath(), false);
  }

  /** The directory of all models. */
  Path models() {
    return path.resolve("models");
  }

  /** Writes the configuration and returns its path. */
  Path configure(int port, int adminPort, int brokerPort, String model) throws IOException {
    Path file = path.resolve("nextclick.yml");
    Files.writeString(
        file,
        """
        store:
          path: "%s"
          maxFuture: 3650d # the shop's dates do not depend on the clock of this machine
        kafka:
          servers: embedded
          directory: "%s"
          port: %d
        ranking:
          refitInterval: 1s
        model:
          directory: "%s"
          active: %s
        server:
          applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: %d}]
          adminConnectors: [{type: http, bindHost: 127.0.0.1, port: %d}]
        logging:
          level: ERROR
          loggers: {io.nextclick: WARN}
        """
            .formatted(
                path.resolve("store"),
                path.resolve("kafka"),
                brokerPort,
                models(),
                model,
                port,
                adminPort));
    return file;
  }

  /** A port that nobody listens on; the given one if it is free. */
  static int freePort(int wanted) throws IOException {
    try {
      return bind(wanted);
    } catch (BindException taken) {
      return bind(0);
    }
  }

  private static int bind(int port) throws IOException {
    try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  void delete() throws IOException {
    List<Path> files;
    try (Stream<Path> tree = Files.walk(path)) {
      files = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
