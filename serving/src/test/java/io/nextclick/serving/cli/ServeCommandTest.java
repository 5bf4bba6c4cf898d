// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What keeps the service from starting is said in one line, with a status other than 0. */
class ServeCommandTest {

  @TempDir Path directory;

  @Test
  void serve_unknownKey_namesFileAndLine() throws Exception {
    String output = serve("store:\n  path: x\n  maxHistroy: 5\n");

    assertThat(output).contains("maxHistroy", "line 3", "maxHistory").doesNotContain("\tat ");
  }

  @Test
  void serve_valueOutOfRange_namesFileAndLine() throws Exception {
    assertThat(serve("store:\n  maxHistory: 0\n")).contains("store.maxHistory", "line 2");
  }

  @Test
  void serve_unknownKeyWithinBraces_namesTheLine() throws Exception {
    assertThat(serve("store: {path: x}\nkafka: {serverz: none}\n")).contains("serverz", "line 2");
  }

  @Test
  void serve_unknownAction_isNamed() throws Exception {
    assertThat(serve("ranking: {excludeActions: [bought]}\n")).contains("bought");
  }

  @Test
  void serve_missingFile_isNamed() {
    assertThat(run(directory.resolve("absent.yml"))).contains("absent.yml");
  }

  @Test
  void serve_takenPort_isNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String output =
          serve(
              """
              kafka: none
              store: {path: "%s"}
              server:
                applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: %d}]
                adminConnectors: [{type: http, port: 0}]
              """
                  .formatted(directory.resolve("store"), taken.getLocalPort()));

      assertThat(output)
          .contains(String.valueOf(taken.getLocalPort()), "another process uses this port")
          .doesNotContain("\tat ");
    }
  }

  private String serve(String yaml) throws Exception {
    return run(Files.writeString(directory.resolve("test.yml"), yaml));
  }

  private static String run(Path config) {
    StringWriter error = new StringWriter();
    CommandLine command = Nextclick.commandLine().setErr(new PrintWriter(error));
    assertThat(command.execute("serve", "--config", config.toString())).isNotZero();
    return error.toString();
  }
}
