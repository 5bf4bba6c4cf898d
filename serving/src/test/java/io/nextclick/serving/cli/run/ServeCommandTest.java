// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.serving.RandomModel;
import io.nextclick.serving.cli.CommandRun;
import io.nextclick.serving.cli.Nextclick;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What keeps the service from starting is said in one line, with a status other than 0. */
class ServeCommandTest {

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
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
  void serve_noSuchModel_namesThoseThatAreThere() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v1", 20, 1);

    assertThat(serve(service("active: nope/v1")))
        .contains("no model nope/v1", "there are shop/v1")
        .doesNotContain("configuration file");
  }

  @Test
  void check_configuredModels_eachScores() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v1", 20, 1);
    RandomModel.publish(directory.resolve("models"), "v2", 300, 2);

    CommandRun run = check("active: shop/v1, shadows: [shop/v2]");

    assertThat(run.output()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(printed()).contains("Nextclick works", "shop/v1 scored 20", "shop/v2 scored 200");
  }

  @Test
  void check_configuredModelThatIsAbsent_fails() throws Exception {
    CommandRun run = check("active: shop");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output())
        .contains("the configured model shop does not serve")
        .doesNotContain("\tat ");
  }

  @Test
  void check_noModelConfigured_saysSo() throws Exception {
    assertThat(check("watch: 5s").status()).isZero();
    assertThat(printed()).contains("no trained model is configured");
  }

  private String printed() {
    return printed.toString(StandardCharsets.UTF_8);
  }

  /** Runs {@code serve --check}, which prints past picocli. */
  private CommandRun check(String model) throws Exception {
    Path config = Files.writeString(directory.resolve("test.yml"), service(model));
    PrintStream before = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      return CommandRun.of("serve", "--check", "--config", config.toString());
    } finally {
      System.setOut(before);
    }
  }

  private String service(String model) {
    return """
    kafka: none
    store: {path: "%s", minFreeSpace: 1MiB}
    model: {directory: "%s", %s}
    server:
      applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: 0}]
      adminConnectors: [{type: http, port: 0}]
    """
        .formatted(directory.resolve("store"), directory.resolve("models"), model);
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
