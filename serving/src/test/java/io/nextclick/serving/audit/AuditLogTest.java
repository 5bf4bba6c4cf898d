// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.ingest.log.RotatingLog.Limits;
import io.nextclick.serving.answer.UserKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {

  private static final Instant NOON = Instant.parse("2026-11-30T12:00:00.123Z");
  private static final Limits ROOMY = new Limits(1 << 20, 1 << 24);

  @TempDir private Path folder;
  private Path directory;
  private UserKey key;

  @BeforeEach
  void makeKey() throws IOException {
    directory = folder.resolve("audit");
    Path file = Files.writeString(folder.resolve("user.key"), "00".repeat(32));
    key = UserKey.read(file);
  }

  @Test
  void append_aCall_isALineWithoutTheUsersId() throws Exception {
    log(ROOMY, entry("secret-user", 200), entry(null, 404));

    List<String> lines = lines(directory.resolve("audit-000000000001.jsonl"));
    JsonNode first = new ObjectMapper().readTree(lines.getFirst());
    assertThat(first.path("n").asInt()).isEqualTo(1);
    assertThat(first.path("prev").asText()).isEqualTo("0".repeat(64));
    assertThat(first.path("time").asText()).isEqualTo("2026-11-30T12:00:00.123Z");
    assertThat(first.path("caller").asText()).isEqualTo("shop");
    assertThat(first.path("roles").toString()).isEqualTo("[\"erase\",\"rank\"]");
    assertThat(first.path("method").asText()).isEqualTo("DELETE");
    assertThat(first.path("route").asText()).isEqualTo("/v1/users/{user}");
    assertThat(first.path("user").asText()).isEqualTo(key.name("secret-user"));
    assertThat(first.path("status").asInt()).isEqualTo(200);
    assertThat(first.path("outcome").asText()).isEqualTo("done");
    assertThat(first.path("request").asText()).isEqualTo("r-1");
    assertThat(first.path("address").asText()).isEqualTo("10.0.0.1");
    JsonNode second = new ObjectMapper().readTree(lines.get(1));
    assertThat(second.has("user")).isFalse();
    assertThat(second.path("prev").asText())
        .isEqualTo(AuditLine.hash((lines.getFirst() + "\n").getBytes(UTF_8)));
    assertThat(String.join("", lines)).doesNotContain("secret-user");
    assertThat(entry("secret-user", 200).toString()).doesNotContain("secret-user");
    assertThat(AuditCheck.of(directory, null).faults()).isEmpty();
  }

  @Test
  void files_areReadableByTheirOwnerAlone() throws Exception {
    log(ROOMY, entry("u", 200));

    assertThat(permissions(directory)).isEqualTo("rwx------");
    assertThat(permissions(directory.resolve("head"))).isEqualTo("rw-------");
    assertThat(permissions(directory.resolve("audit-000000000001.jsonl"))).isEqualTo("rw-------");
  }

  @Test
  void start_afterAStop_goesOnInTheSameFile() throws Exception {
    log(ROOMY, entry("u", 200));
    log(ROOMY, entry("u", 200), entry("u", 500));

    AuditCheck check = AuditCheck.of(directory, null);
    assertThat(AuditNames.list(directory)).hasSize(1);
    assertThat(check.last()).isEqualTo(3);
    assertThat(check.faults()).isEmpty();
    assertThat(check.notes()).isEmpty();
  }

  @Test
  void rotation_keepsABoundedNumber_andSaysWhatIsGone() throws Exception {
    log(new Limits(1_000, 3_000), entries(50));

    AuditCheck check = AuditCheck.of(directory, null);
    List<Path> files = AuditNames.list(directory);
    assertThat(files).hasSizeBetween(2, 4);
    assertThat(check.faults()).isEmpty();
    assertThat(check.last()).isEqualTo(50);
    assertThat(check.notes())
        .containsExactly(
            "begins at line %d: the rotation has taken those before"
                .formatted(AuditNames.firstLine(files.getFirst())));
    log(new Limits(1_000, 3_000), entries(20));
    assertThat(AuditCheck.of(directory, null).last()).isEqualTo(70);
    assertThat(AuditCheck.of(directory, null).faults()).isEmpty();
  }

  /** Whatever a kill leaves of the last line, and whether or not the head was written. */
  @Test
  void start_afterAKill_cutsTheLastLineAndSaysIt() throws Exception {
    log(ROOMY, entry("u", 200));
    Path file = directory.resolve("audit-000000000001.jsonl");
    byte[] next =
        AuditLine.bytes(
            2, AuditCheck.of(directory, null).hash(), AuditLine.of(entry(null, 200), null));
    for (int cut = 1; cut <= next.length; cut += 41) {
      byte[] before = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(next, cut), StandardOpenOption.APPEND);
      assertThat(AuditCheck.of(directory, null).faults()).isEmpty();
      assertThat(AuditCheck.of(directory, null).notes()).isNotEmpty();

      log(ROOMY, entry("u", 200));

      AuditCheck check = AuditCheck.of(directory, null);
      assertThat(check.faults()).isEmpty();
      assertThat(check.notes())
          .containsExactly(
              "%s line %d: a kill had left a line of %d bytes without its end; it was cut off"
                  .formatted(file.getFileName(), 2, cut));
      assertThat(check.last()).isEqualTo(3);
      Files.write(file, before);
      new AuditHead(1, 1, AuditLine.hash(before)).write(directory);
    }
  }

  @Test
  void start_linesAheadOfTheHead_goesOnAfterThem() throws Exception {
    log(ROOMY, entry("u", 200));
    AuditHead behind = AuditHead.read(directory);
    log(ROOMY, entry("u", 200));
    behind.write(directory);

    log(ROOMY, entry("u", 200));

    assertThat(AuditCheck.of(directory, null).faults()).isEmpty();
    assertThat(AuditCheck.of(directory, null).last()).isEqualTo(3);
  }

  @Test
  void append_fullQueue_losesAndSaysSo() throws Exception {
    AuditLog log = new AuditLog(settings(ROOMY, 2), InstantSource.fixed(NOON));
    for (int i = 0; i < 5; i++) {
      log.append(entry("u", 200));
    }

    assertThat(log.waiting()).isEqualTo(2);
    assertThat(log.lost()).isEqualTo(3);
    assertThat(log.fault()).contains("3 entries are lost");
    log.start();
    log.stop();
    AuditCheck check = AuditCheck.of(directory, null);
    assertThat(check.notes())
        .containsExactly(
            "audit-000000000001.jsonl line 1: 3 entries were lost: the queue was full");
    assertThat(check.last()).isEqualTo(3);
    assertThat(check.faults()).isEmpty();
  }

  @Test
  void append_directoryCannotBeWritten_waitsAndIsWrittenLater() throws Exception {
    Files.writeString(directory, "a file in its place");
    AuditLog log = new AuditLog(settings(ROOMY, 10), InstantSource.fixed(NOON));
    log.start();
    log.append(entry("u", 200));
    assertThat(log.fault()).contains("cannot be written", "tried again");

    Files.delete(directory);

    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> log.written() == 1);
    log.stop();
    assertThat(log.fault()).isNull();
    assertThat(log.lost()).isZero();
    assertThat(AuditCheck.of(directory, null).last()).isEqualTo(1);
  }

  @Test
  void append_keyCannotBeRead_namesNobody() throws Exception {
    AuditLog log =
        new AuditLog(
            new AuditLog.Settings(
                directory,
                ROOMY,
                () -> {
                  throw new IOException("no key today");
                },
                10),
            InstantSource.fixed(NOON));
    log.append(entry("secret-user", 200));
    log.start();
    log.stop();

    assertThat(log.fault()).contains("no key today");
    assertThat(lines(directory.resolve("audit-000000000001.jsonl")).getFirst())
        .contains("\"user\":\"no-key\"")
        .doesNotContain("secret-user");
  }

  @Test
  void entry_longTexts_areCut() {
    AuditEntry entry =
        new AuditEntry(
            NOON, "x".repeat(10_000), Set.of(), "GET", "/", null, 200, "done", null, "a");

    assertThat(entry.caller()).hasSizeLessThan(300).endsWith("...");
    assertThat(List.of(AuditEntry.outcome(202), AuditEntry.outcome(403), AuditEntry.outcome(503)))
        .containsExactly("done", "refused", "failed");
  }

  private void log(Limits limits, AuditEntry... entries) throws Exception {
    AuditLog log = new AuditLog(settings(limits, 1_000), InstantSource.fixed(NOON));
    log.start();
    for (AuditEntry entry : entries) {
      log.append(entry);
    }
    log.stop();
    assertThat(log.fault()).isNull();
  }

  private AuditLog.Settings settings(Limits limits, int queue) {
    return new AuditLog.Settings(directory, limits, () -> key, queue);
  }

  private static AuditEntry[] entries(int count) {
    List<AuditEntry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(entry("u" + i, 200));
    }
    return entries.toArray(AuditEntry[]::new);
  }

  private static AuditEntry entry(@Nullable String user, int status) {
    return new AuditEntry(
        NOON,
        "shop",
        Set.of("rank", "erase"),
        "DELETE",
        "/v1/users/{user}",
        user,
        status,
        AuditEntry.outcome(status),
        "r-1",
        "10.0.0.1");
  }

  private static List<String> lines(Path file) throws IOException {
    return Files.readAllLines(file);
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
