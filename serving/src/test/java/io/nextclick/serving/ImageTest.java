// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.serving.cli.Nextclick;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs what the image would run, without an image. */
class ImageTest {

  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path DEPLOY = ROOT.resolve("deploy");
  private static final String HOME = "/opt/nextclick/";
  private static final ObjectMapper JSON = new ObjectMapper();

  private ImageDefinition image;
  @TempDir Path directory;

  @BeforeEach
  void readDockerfile() throws IOException {
    image = ImageDefinition.read(DEPLOY.resolve("Dockerfile"));
  }

  @Test
  void entryPoint_inTheImagesModulesWithTheShippedConfiguration_ranks() throws Exception {
    List<String> entry = image.words("ENTRYPOINT");
    List<String> command =
        new ArrayList<>(List.of(here(entry.getFirst()), java(), "--limit-modules", modules()));
    for (String word : entry.subList(2, entry.size())) {
      if (!word.contains(".aot")) {
        command.add(word.contains(".jar") ? System.getProperty("java.class.path") : here(word));
      }
    }
    command.add(command.indexOf("-cp"), "-Ddw.server.applicationConnectors[0].port=0");
    command.add(command.indexOf("-cp"), "-Ddw.server.adminConnectors[0].port=0");
    image.words("CMD").forEach(word -> command.add(here(word)));
    command.add("--check");

    // It listens to all, and nobody has a key yet.
    assertThat(run(command, image.environment(), 1)).contains("nextclick keys add");
    Map<String, String> open = new HashMap<>(image.environment());
    open.put("NEXTCLICK_SECURITY", "open");
    String printed = run(command, open, 0);

    assertThat(printed).contains("Nextclick works").doesNotContain("incubator");
    for (String line : printed.lines().toList()) {
      assertThat(JSON.readTree(line).isObject()).as(line).isTrue();
    }
  }

  @Test
  void entryPoint_mainClass_isTheCommandLine() throws IOException {
    assertThat(image.words("ENTRYPOINT").getLast()).isEqualTo(Nextclick.class.getName());
  }

  @Test
  void cache_isRecordedOnTheJavaAndTheClassPathOfTheEntryPoint() throws IOException {
    List<String> entry = image.words("ENTRYPOINT");
    String classPath = entry.get(entry.indexOf("-cp") + 1);

    assertThat(image.find("RUN (/opt/nextclick/record-aot.sh .*)"))
        .isEqualTo(
            "/opt/nextclick/record-aot.sh /opt/java/bin/java %s \"%s\" %s"
                .formatted(
                    entry.get(2).substring(1), classPath, entry.get(3).replaceFirst(".*=", "")));
    assertThat(image.environment()).containsEntry("PATH", "/opt/java/bin:$PATH");
  }

  @Test
  void files_copied_existAndAreTheOnesUsed() throws IOException {
    String copied = image.find("&& cp (.*) \\.");
    for (String file : copied.split(" ")) {
      assertThat(ROOT.resolve(file.replaceFirst("^/build/", ""))).exists();
    }
    assertThat(copied).contains("jvm.options", "nextclick.yml", "record-aot.sh", "exec-quiet.sh");
    assertThat(DEPLOY.resolve("exec-quiet.sh")).isExecutable();
    assertThat(DEPLOY.resolve("record-aot.sh")).isExecutable();
    assertThat(Files.readString(ROOT.resolve("nextclick"))).contains("deploy/jvm.options");
  }

  @Test
  void healthCheck_tellsAReadyServiceFromNone() throws Exception {
    List<String> command = new ArrayList<>(image.words("HEALTHCHECK"));
    String script = command.removeLast();
    assertThat(script).contains("/8081 ");
    try (RunningService service = RunningService.start(directory, "kafka: none")) {
      command.add(script.replace("/8081 ", "/" + service.adminPort() + " "));

      await().atMost(20, TimeUnit.SECONDS).until(() -> service.admin("/ready").statusCode() == 200);
      run(command, Map.of(), 0);
    }
    run(command, Map.of(), 1);
  }

  @Test
  void user_isNotRoot() {
    assertThat(image.last("USER")).isEqualTo(image.find("useradd --system --uid (\\d+) "));
    assertThat(image.last("WORKDIR")).isEqualTo(image.last("VOLUME"));
  }

  private String modules() {
    return image.find("jlink --add-modules (\\S+)");
  }

  private static String here(String word) {
    return word.replace(HOME, DEPLOY + "/");
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private String run(List<String> command, Map<String, String> environment, int status)
      throws Exception {
    File printed = directory.resolve("printed").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(printed);
    environment.forEach((name, value) -> {
      if (name.startsWith("NEXTCLICK")) {
        builder.environment().put(name, value);
      }
    });
    Process process = builder.start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    String output = Files.readString(printed.toPath());
    assertThat(process.exitValue()).as(output).isEqualTo(status);
    return output;
  }
}
