// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.serving.cli.CommandRun;
import io.nextclick.serving.cli.Nextclick;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where native libraries cannot be unpacked, one sentence says so, and what to do. */
class NativeLibrariesTest {

  @TempDir Path directory;

  private record Ended(int status, List<String> lines) {}

  @Test
  void serve_noTemporaryDirectory_saysSo() throws Exception {
    Path config =
        Files.writeString(
            directory.resolve("own.yml"),
            "kafka: none\nstore: {path: %s}\n".formatted(directory.resolve("store")));

    assertSaid(run("serve", "--check", "--config", config.toString()), "serve: ");
  }

  @Test
  void shop_zstdAndNoTemporaryDirectory_saysSo() throws Exception {
    assertSaid(
        run("shop", directory.resolve("shop.jsonl.zst").toString(), "--users=5"), "nextclick: ");
  }

  @Test
  void doctor_noTemporaryDirectory_failsByName() throws Exception {
    Ended ended = run("doctor");

    assertThat(ended.status()).isEqualTo(1);
    assertThat(String.join("\n", ended.lines()))
        .containsPattern("temporary +FAILED: there is no directory")
        .containsPattern("rocksdb +FAILED: ")
        .containsPattern("zstd +FAILED: ")
        .containsPattern("open files +up to")
        .containsPattern("clock +20")
        .doesNotContain("\tat ");
  }

  @Test
  void doctor_hereAndNow_findsAStore() {
    CommandRun run = CommandRun.of("doctor");

    assertThat(run.output())
        .containsPattern("rocksdb +\\d+\\.\\d+\\.\\d+, opened, written and read")
        .containsPattern("temporary +.* can be written")
        .containsPattern("zstd +works")
        .containsPattern("memory +[\\d,]+ MB of the machine")
        .doesNotContain("FAILED: before");
  }

  private static void assertSaid(Ended ended, String start) {
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.lines()).as("%s", ended.lines()).hasSize(1);
    assertThat(ended.lines().getFirst())
        .startsWith(start)
        .contains("native library", "there is no directory", "-Djava.io.tmpdir=");
  }

  /** Runs a command in a JVM without a temporary directory. */
  private Ended run(String... arguments) throws Exception {
    Path deploy = Path.of("..", "deploy").toAbsolutePath().normalize();
    List<String> command =
        new ArrayList<>(
            List.of(
                deploy.resolve("exec-quiet.sh").toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + deploy.resolve("jvm.options"),
                "-Djava.io.tmpdir=" + directory.resolve("absent"),
                "-cp",
                System.getProperty("java.class.path"),
                Nextclick.class.getName()));
    command.addAll(List.of(arguments));
    Path printed = directory.resolve("printed");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    // The JVM's own, before any of our code runs.
    List<String> lines =
        Files.readAllLines(printed).stream()
            .filter(line -> !line.contains("java.io.tmpdir directory does not exist"))
            .toList();
    return new Ended(process.exitValue(), lines);
  }
}
