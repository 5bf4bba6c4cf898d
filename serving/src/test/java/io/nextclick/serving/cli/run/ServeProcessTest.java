// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.serving.cli.Nextclick;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process of {@code nextclick serve} as the launcher and the image start it: its lines, its exit
 * status, its end by a signal.
 */
class ServeProcessTest {

  private static final Path DEPLOY = Path.of("..", "deploy").toAbsolutePath().normalize();
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  @Test
  void serve_jsonLog_everyLineIsJsonToTheEnd() throws Exception {
    Process process = start("json", config("ranking: {deadline: 2s}"));
    await().atMost(60, TimeUnit.SECONDS).until(() -> output().contains("Nextclick serves on"));
    process.destroy(); // SIGTERM

    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output()).isZero();
    List<JsonNode> lines = jsonLines();
    assertThat(lines.getLast().path("message").asText()).isEqualTo("Nextclick has stopped.");
  }

  @Test
  void serve_jsonLogAndWrongSetting_thatIsJsonToo() throws Exception {
    Process process = start("json", config("ranking: {deadline: 2}"));

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    List<JsonNode> lines = jsonLines();
    assertThat(lines.getLast().path("level").asText()).isEqualTo("ERROR");
    assertThat(lines.getLast().path("message").asText())
        .contains("line 6: ranking.deadline is 2; it takes a time");
  }

  @Test
  void serve_textLogAndWrongSetting_isOneLine() throws Exception {
    Process process = start("text", config("ranking: {deadline: 2}"));

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(output().lines().toList()).singleElement().asString().startsWith("serve: ");
  }

  private Path config(String yaml) throws IOException {
    return Files.writeString(
        directory.resolve("own.yml"),
        """
        kafka: none
        store: {path: "%s", minFreeSpace: 1MiB}
        server:
          applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: 0}]
          adminConnectors: [{type: http, port: 0}]
        %s
        """
            .formatted(directory.resolve("store"), yaml));
  }

  private Process start(String log, Path config) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                DEPLOY.resolve("exec-quiet.sh").toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + DEPLOY.resolve("jvm.options"),
                "-cp",
                System.getProperty("java.class.path"),
                Nextclick.class.getName(),
                "serve",
                "--config",
                config.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("printed").toFile());
    builder.environment().put("NEXTCLICK_LOG", log);
    return builder.start();
  }

  private String output() throws IOException {
    return Files.readString(directory.resolve("printed"));
  }

  private List<JsonNode> jsonLines() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : output().lines().toList()) {
      lines.add(JSON.readTree(line));
    }
    assertThat(lines).isNotEmpty().allMatch(JsonNode::isObject);
    return lines;
  }
}
