// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import io.nextclick.ingest.log.RotatingLog.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log of three files, and everything that may have become of it. */
class ChainCheckTest {

  private static final Limits ROOMY = new Limits(1 << 20, 1 << 24);
  private static final byte[] HEADER = "header\n".getBytes(UTF_8);

  @TempDir private Path directory;

  /** File names and their lines. */
  private final Map<String, List<String>> log = new TreeMap<>();

  @BeforeEach
  void write() throws IOException {
    int line = 0;
    for (int file = 0; file < 3; file++) {
      try (RotatingLog open = RotatingLog.open(directory, "a", ROOMY, HEADER)) {
        for (int frame = 0; frame < 3; frame++) {
          open.append("line %d\nline %d\n".formatted(line++, line++).getBytes(UTF_8));
        }
      }
    }
    for (Path file : RotatingLog.list(directory, "a")) {
      log.put(file.getFileName().toString(), lines(file));
    }
    assertThat(log).hasSize(3);
  }

  @Test
  void check_untouched_isWholeAndEndsWithTheLastHash() {
    ChainCheck check = check(log);
    assertThat(check.isWhole()).as("%s", check.faults()).isTrue();
    assertThat(check.notes()).isEmpty();
    assertThat(check.frames()).isEqualTo(3 * 5);
    assertThat(log.get("a-000000000003.jsonl.zst").getLast()).contains(check.last());
  }

  @Test
  void check_anyOneCharacterChanged_isFound() {
    log.forEach((name, lines) -> {
      for (int line = 0; line < lines.size(); line++) {
        for (int at = 0; at < lines.get(line).length(); at++) {
          StringBuilder changed = new StringBuilder(lines.get(line));
          changed.setCharAt(at, changed.charAt(at) == '1' ? '2' : '1');
          assertFound(name, replaced(lines, line, List.of(changed.toString())));
        }
      }
    });
  }

  @Test
  void check_anyLineRemovedDoubledOrMoved_isFound() {
    log.forEach((name, lines) -> {
      for (int line = 0; line < lines.size(); line++) {
        assertFound(name, replaced(lines, line, List.of()));
        assertFound(name, replaced(lines, line, List.of(lines.get(line), lines.get(line))));
        if (line > 0) {
          List<String> moved = new ArrayList<>(lines);
          Collections.swap(moved, line, line - 1);
          assertFound(name, moved);
          assertFound(name, lines.subList(0, line)); // cut off
        }
      }
    });
  }

  @Test
  void check_anyTwoFilesExchangedOrOneDoubled_isFound() {
    List<String> names = List.copyOf(log.keySet());
    for (String one : names) {
      for (String other : names) {
        if (!one.equals(other)) {
          assertFound(one, log.get(other));
        }
      }
    }
  }

  @Test
  void check_oldestFileRemoved_isRetentionAndAnyOtherIsFound() {
    Map<String, List<String>> left = new TreeMap<>(log);
    left.remove("a-000000000001.jsonl.zst");
    assertThat(check(left).isWhole()).isTrue();
    assertThat(check(left).notes())
        .containsExactly("begins with a-000000000002.jsonl.zst; what was before is not here");

    left = new TreeMap<>(log);
    left.remove("a-000000000002.jsonl.zst");
    assertThat(check(left).faults())
        .containsExactly("a-000000000003.jsonl.zst: files 2 to 2 before it are missing");
  }

  /** What a chain cannot see: the end of the log is gone with its file. The hash kept sees it. */
  @Test
  void check_newestFileRemoved_isFoundByAHashThatWasKept() {
    String kept = check(log).last();
    Map<String, List<String>> left = new TreeMap<>(log);
    left.remove("a-000000000003.jsonl.zst");
    assertThat(check(left).isWhole()).isTrue();
    assertThat(check(left, kept).faults()).singleElement().asString().contains("is not in it");
    assertThat(check(log, kept).isWhole()).isTrue();
    assertThat(check(log, check(left).last()).isWhole()).isTrue();
  }

  @Test
  void check_fileLeftByAKill_isNotClosedAndIsPinnedByTheNext() throws IOException {
    Path killed = kill(ROOMY);
    Map<String, List<String>> running = readAll(killed);
    ChainCheck check = check(running);
    assertThat(check.isWhole()).as("%s", check.faults()).isTrue();
    assertThat(check.notes())
        .singleElement()
        .asString()
        .startsWith("a-000000000004.jsonl.zst.open: not closed: it is being written, or");

    RotatingLog.open(killed, "a", ROOMY, HEADER).close();
    Map<String, List<String>> next = readAll(killed);
    check = check(next);
    assertThat(check.isWhole()).as("%s", check.faults()).isTrue();
    assertThat(check.notes())
        .containsExactly(
            "a-000000000004.jsonl.zst: not closed, and goes on in the next: its service was"
                + " killed");
    List<String> lines = next.get("a-000000000004.jsonl.zst");
    next.put("a-000000000004.jsonl.zst", lines.subList(0, lines.size() - 2)); // a frame
    assertThat(check(next).faults())
        .containsExactly(
            "a-000000000005.jsonl.zst: does not follow what stands before it: its end was cut off,"
                + " or it is another");
  }

  @Test
  void check_killsAtEveryByte_areNoForgeries() throws IOException {
    Path killed = kill(ROOMY);
    Path open = RotatingLog.list(killed, "a").getLast();
    byte[] image = Files.readAllBytes(open);
    for (int cut = 0; cut <= image.length; cut += 7) {
      Files.write(open, Arrays.copyOf(image, cut));
      ChainCheck check = check(readAll(killed));
      assertThat(check.isWhole()).as("cut=%d %s", cut, check.faults()).isTrue();
      Path copy = copy(killed, "cut-" + cut);
      RotatingLog.open(copy, "a", ROOMY, HEADER).close();
      check = check(readAll(copy));
      assertThat(check.isWhole()).as("restarted, cut=%d %s", cut, check.faults()).isTrue();
    }
  }

  /** The first file with hashes names the hash of a whole file that has none. */
  @Test
  void check_fileWithoutHashesBeforeThoseWithThem_isPinned() throws IOException {
    Path mixed = Files.createDirectory(directory.resolve("mixed"));
    Path old = mixed.resolve("a-000000000001.jsonl.zst");
    Files.write(old, Zstd.compress("header\nold\n".getBytes(UTF_8)));
    RotatingLog.open(mixed, "a", ROOMY, HEADER).close();
    Map<String, List<String>> all = readAll(mixed);
    assertThat(check(all).isWhole()).as("%s", check(all).faults()).isTrue();
    assertThat(check(all).unchained()).isEqualTo(1);
    all.put("a-000000000001.jsonl.zst", List.of("header", "new"));
    assertThat(check(all).isWhole()).isFalse();
    all = readAll(mixed);
    all.put("a-000000000003.jsonl.zst", List.of("header", "old"));
    assertThat(check(all).faults())
        .containsExactly("a-000000000003.jsonl.zst: has no hashes, though a file before it has");
  }

  /** A copy of the log as a kill leaves it, in its fourth file. */
  private Path kill(Limits limits) throws IOException {
    try (RotatingLog open = RotatingLog.open(directory, "a", limits, HEADER)) {
      open.append("line 18\n".getBytes(UTF_8));
      open.append("line 19\n".getBytes(UTF_8));
      return copy(directory, "killed");
    }
  }

  private Path copy(Path from, String name) throws IOException {
    Path copy = Files.createDirectory(directory.resolve(name));
    for (Path file : RotatingLog.list(from, "a")) {
      Files.copy(file, copy.resolve(file.getFileName()));
    }
    return copy;
  }

  private static Map<String, List<String>> readAll(Path directory) throws IOException {
    Map<String, List<String>> all = new TreeMap<>();
    for (Path file : RotatingLog.list(directory, "a")) {
      all.put(file.getFileName().toString(), lines(file));
    }
    return all;
  }

  private static List<String> lines(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    RotatingLog.frames(file)
        .forEachRemaining(frame -> lines.addAll(new String(frame, UTF_8).lines().toList()));
    return lines;
  }

  private static List<String> replaced(List<String> lines, int line, List<String> by) {
    List<String> changed = new ArrayList<>(lines.subList(0, line));
    changed.addAll(by);
    changed.addAll(lines.subList(line + 1, lines.size()));
    return changed;
  }

  private void assertFound(String name, List<String> lines) {
    Map<String, List<String>> changed = new TreeMap<>(log);
    changed.put(name, lines);
    assertThat(check(changed).isWhole()).as("%s: %s", name, lines).isFalse();
  }

  private static ChainCheck check(Map<String, List<String>> files) {
    return check(files, null);
  }

  private static ChainCheck check(Map<String, List<String>> files, @Nullable String known) {
    ChainCheck check = new ChainCheck(true, known);
    files.forEach((name, lines) -> {
      check.begin(name, name.endsWith(".open"));
      boolean headed = false;
      for (String line : lines) {
        if (!check.take(line) && !headed) {
          headed = true;
          if (name.compareTo("a-000000000001") > 0 && !lines.contains("old")) {
            check.requireHashes(); // the reader knows it from the header
          }
        }
      }
      check.end(0);
    });
    check.finish();
    return check;
  }
}
