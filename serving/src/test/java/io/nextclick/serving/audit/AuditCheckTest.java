// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.ingest.log.RotatingLog.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever somebody does to the files of a log of twelve lines in some files is found. */
class AuditCheckTest {

  private static final int LINES = 12;
  private static final Limits SMALL = new Limits(700, 1 << 20);

  @TempDir private Path directory;
  private List<Path> files;

  @BeforeEach
  void writeLog() throws IOException {
    write(LINES);
    files = AuditNames.list(directory);
    assertThat(files).hasSizeGreaterThan(3);
    assertThat(faults()).isEmpty();
  }

  private void write(int lines) throws IOException {
    try (AuditFiles log = new AuditFiles(directory, SMALL)) {
      for (var found : log.found().entrySet()) {
        log.append(AuditLine.of(found.getKey(), found.getValue(), Instant.EPOCH));
      }
      for (int i = 0; i < lines; i++) {
        AuditEntry entry =
            new AuditEntry(
                Instant.EPOCH, "shop", Set.of(), "POST", "/v1/events", null, 200, "done", "r", "a");
        log.append(AuditLine.of(entry, null));
      }
    }
  }

  @Test
  void line_anyRemoved_isFoundWithFileAndLine() throws IOException {
    forEachLine((file, lines, i) -> {
      lines.remove(i);
      put(file, lines);
      assertThat(faults()).as("%s without line %d", file, i + 1).isNotEmpty();
    });
  }

  @Test
  void line_anyByteOfAnyChanged_isFound() throws IOException {
    forEachLine((file, lines, i) -> {
      String line = lines.get(i);
      for (int at = i % 3; at < line.length(); at += 17) {
        char other = line.charAt(at) == 'x' ? 'y' : 'x';
        lines.set(i, line.substring(0, at) + other + line.substring(at + 1));
        put(file, lines);
        assertThat(faults()).as("%s", lines.get(i)).isNotEmpty();
      }
    });
  }

  @Test
  void line_anyTwice_isFoundAtItsPlace() throws IOException {
    forEachLine((file, lines, i) -> {
      lines.add(i + 1, lines.get(i));
      put(file, lines);
      assertThat(faults())
          .hasSize(1)
          .first()
          .asString()
          .startsWith("%s line %d: line ".formatted(file.getFileName(), i + 2))
          .endsWith("comes again, or out of its order");
    });
  }

  @Test
  void line_anyPutIn_isFoundAtItsPlace() throws IOException {
    forEachLine((file, lines, i) -> {
      lines.add(i, "{\"caller\":\"nobody\"}");
      put(file, lines);
      assertThat(faults())
          .containsExactly(
              "%s line %d: is no line of this log: it was changed, or put in"
                  .formatted(file.getFileName(), i + 1));
    });
  }

  @Test
  void lines_changedPlaces_areFound() throws IOException {
    forEachLine((file, lines, i) -> {
      if (i > 0) {
        lines.add(i - 1, lines.remove(i));
        put(file, lines);
        assertThat(faults()).isNotEmpty();
      }
    });
  }

  /** A line before which all hashes are right, and after which all are written anew. */
  @Test
  void line_rewrittenWithItsHashes_isFoundByTheNext() throws IOException {
    Path file = files.get(1);
    List<String> lines = Files.readAllLines(file);
    AuditLine.Chained first = AuditLine.read(lines.getFirst().getBytes(UTF_8));
    byte[] other =
        AuditLine.bytes(
            first.number(), first.prev(), AuditLine.of(AuditLine.Event.LOST, 1, Instant.EPOCH));
    lines.set(0, new String(other, UTF_8).strip());
    put(file, lines);
    assertThat(faults())
        .containsExactly(
            "%s line 2: line %d does not follow from the one before: that one was changed"
                .formatted(file.getFileName(), first.number() + 1));
  }

  @Test
  void end_anyNumberOfLinesCutOff_isFound() throws IOException {
    for (int kept = LINES - 1; kept >= 0; kept--) {
      Path newest = AuditNames.list(directory).getLast();
      List<String> lines = Files.readAllLines(newest);
      lines.removeLast();
      if (lines.isEmpty() && kept > 0) {
        Files.delete(newest);
      } else {
        put(newest, lines);
      }
      assertThat(faults())
          .contains(
              "lines %d to %d at the end are missing: the head knows them"
                  .formatted(kept + 1, LINES));
    }
  }

  /** The service goes on, and the gap is still told afterwards. */
  @Test
  void end_cutOffBeforeAStart_staysVisible() throws IOException {
    Path newest = files.getLast();
    List<String> lines = Files.readAllLines(newest);
    long last = AuditLine.read(lines.removeLast().getBytes(UTF_8)).number();
    put(newest, lines);
    write(3);

    assertThat(last).isEqualTo(LINES);
    assertThat(faults())
        .hasSize(2)
        .anyMatch(fault -> fault.endsWith("lines 12 to 12 before it are missing"))
        .anyMatch(fault -> fault.contains("found other lines than the head knew; 1 fewer"));
  }

  @Test
  void lastLine_changedBeforeAStart_staysVisible() throws IOException {
    Path newest = files.getLast();
    List<String> lines = Files.readAllLines(newest);
    lines.set(lines.size() - 1, lines.getLast().replace("shop", "nope"));
    put(newest, lines);
    assertThat(faults()).anyMatch(fault -> fault.endsWith("is not the one that the head knows"));
    write(3);

    assertThat(faults())
        .anyMatch(fault ->
            fault.endsWith(
                "line 13 does not follow from the one before: that one" + " was changed"))
        .anyMatch(fault -> fault.contains("found other lines than the head knew; 0 fewer"));
  }

  @Test
  void file_anyRemoved_isFound() throws IOException {
    for (Path file : files) {
      byte[] bytes = Files.readAllBytes(file);
      Files.delete(file);
      assertThat(faults()).as(file.toString()).hasSize(1).first().asString().contains("missing");
      Files.write(file, bytes);
    }
    assertThat(faults()).isEmpty();
  }

  @Test
  void file_renamedOrCopiedOrEmptied_isFound() throws IOException {
    Path copy = AuditNames.file(directory, 500);
    Files.copy(files.get(1), copy);
    assertThat(faults()).isNotEmpty();
    Files.delete(copy);
    byte[] bytes = Files.readAllBytes(files.get(1));
    Files.write(files.get(1), new byte[0]);
    assertThat(faults()).anyMatch(fault -> fault.endsWith("is empty"));
    Files.delete(files.get(1));
    Files.write(AuditNames.file(directory, AuditNames.firstLine(files.get(1)) + 1), bytes);
    assertThat(faults()).hasSize(1).first().asString().contains("which is not the one of its name");
  }

  @Test
  void head_removed_isFoundAlsoAfterAStart() throws IOException {
    Files.delete(directory.resolve("head"));
    assertThat(faults()).hasSize(1).first().asString().startsWith("head: is missing");
    write(2);

    assertThat(faults())
        .hasSize(1)
        .first()
        .asString()
        .contains("found lines in %d files, and no head".formatted(files.size()));
  }

  @Test
  void allFiles_removed_isFoundAlsoAfterAStart() throws IOException {
    for (Path file : files) {
      Files.delete(file);
    }
    assertThat(faults()).isNotEmpty();
    write(1);
    assertThat(faults()).anyMatch(fault -> fault.endsWith("lines 1 to 12 before it are missing"));
  }

  @Test
  void knownHash_ofALineThatIsThere_isFound_andNoOther() throws IOException {
    String hash = AuditCheck.of(directory, null).hash();
    write(5);
    assertThat(AuditCheck.of(directory, hash).faults()).isEmpty();
    assertThat(AuditCheck.of(directory, "ab".repeat(32)).faults()).hasSize(1);
  }

  private interface Change {
    void apply(Path file, List<String> lines, int line) throws IOException;
  }

  /** Applies a change to each line in turn, and takes it back. */
  private void forEachLine(Change change) throws IOException {
    for (Path file : files) {
      byte[] bytes = Files.readAllBytes(file);
      int count = Files.readAllLines(file).size();
      for (int i = 0; i < count; i++) {
        change.apply(file, new ArrayList<>(Files.readAllLines(file)), i);
        Files.write(file, bytes);
      }
    }
    assertThat(faults()).isEmpty();
  }

  private static void put(Path file, List<String> lines) throws IOException {
    Files.write(file, lines);
  }

  private List<String> faults() throws IOException {
    return AuditCheck.of(directory, null).faults();
  }
}
