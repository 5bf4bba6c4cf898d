// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.ingest.log.RotatingLog.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotatingLogTest {

  private static final Limits ROOMY = new Limits(1 << 20, 1 << 24);
  private static final byte[] HEADER = "header\n".getBytes(UTF_8);

  @TempDir private Path directory;

  @Test
  void append_severalFrames_readAsOneStreamAfterTheHeader() throws IOException {
    try (RotatingLog log = RotatingLog.open(directory, "a", ROOMY, HEADER)) {
      log.append(bytes("one\ntwo\n"));
      log.append(bytes("three\n"));
      assertThat(lines()).containsExactly("header", "one", "two", "three");
    }
    Path file = RotatingLog.list(directory, "a").getFirst();
    assertThat(file).hasFileName("a-000000000001.jsonl.zst");
    try (var plain = Compression.ZSTD.decompress(Files.newInputStream(file))) {
      assertThat(new String(plain.readAllBytes(), UTF_8))
          .containsPattern("(?s)\"begin\".*header\n.*\none\ntwo\n.*\nthree\n.*\"end\".*\"hash\"");
    }
  }

  @Test
  void open_fileCutAnywhereByAKill_keepsExactlyTheWholeFrames() throws IOException {
    long[] ends = new long[6];
    Path written = directory.resolve("a-000000000001.jsonl.zst.open");
    byte[] image;
    try (RotatingLog log = RotatingLog.open(directory, "a", ROOMY, HEADER)) {
      ends[0] = Files.size(written);
      for (int i = 1; i < ends.length; i++) {
        log.append(bytes("line " + i + "\n"));
        ends[i] = Files.size(written);
      }
      image = Files.readAllBytes(written);
    }
    for (int cut = 0; cut <= image.length; cut++) {
      Path copy = Files.createDirectory(directory.resolve("cut-" + cut));
      Files.write(copy.resolve(written.getFileName()), Arrays.copyOf(image, cut));
      RotatingLog.open(copy, "a", ROOMY, HEADER).close();
      Path repaired = copy.resolve("a-000000000001.jsonl.zst");
      int whole = 0;
      while (whole < ends.length && ends[whole] <= cut) {
        whole++;
      }
      if (whole > 0) {
        assertThat(Files.size(repaired)).as("cut=%d", cut).isEqualTo(ends[whole - 1]);
      }
      assertThat(RotatingLog.list(copy, "a")).hasSize(whole == 0 ? 1 : 2);
    }
  }

  @Test
  void append_beyondTheLimits_rotatesAndRemovesTheOldest() throws IOException {
    Random random = new Random(7);
    byte[] noise = new byte[1_000];
    try (RotatingLog log = RotatingLog.open(directory, "a", new Limits(3_000, 10_000), HEADER)) {
      for (int i = 0; i < 40; i++) {
        random.nextBytes(noise);
        log.append(noise);
      }
    }
    List<Path> files = RotatingLog.list(directory, "a");
    long total = 0;
    for (Path file : files) {
      total += Files.size(file);
      assertThat(Files.size(file)).isBetween(1L, 4_200L);
    }
    assertThat(total).isLessThanOrEqualTo(10_000 + 4_200);
    assertThat(files.getFirst()).doesNotHaveToString(directory + "/a-000000000001.jsonl.zst");
    assertThat(files.getLast()).hasFileName("a-000000000014.jsonl.zst");
  }

  @Test
  void open_twice_isRefused() throws IOException {
    try (RotatingLog log = RotatingLog.open(directory, "a", ROOMY, HEADER)) {
      assertThat(log).isNotNull();
      assertThatThrownBy(() -> RotatingLog.open(directory, "a", ROOMY, HEADER))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("open already");
    }
  }

  private List<String> lines() throws IOException {
    Path file = RotatingLog.list(directory, "a").getLast();
    List<String> lines = new ArrayList<>();
    RotatingLog.frames(file)
        .forEachRemaining(frame ->
            new String(frame, UTF_8)
                .lines()
                .filter(line -> !line.startsWith("{\"chain\""))
                .forEach(lines::add));
    return lines;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
