// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.ingest.log.RotatingLog.Limits;
import io.nextclick.serving.audit.AuditEntry;
import io.nextclick.serving.audit.AuditLog;
import io.nextclick.serving.cli.CommandRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditCommandTest {

  @TempDir private Path directory;

  @Test
  void verify_wholeLog_prints_itsLastHash_andALineRemoved_isAFault() throws Exception {
    AuditLog.Settings settings =
        new AuditLog.Settings(directory, new Limits(1 << 20, 1 << 20), () -> null, 10);
    AuditLog log = new AuditLog(settings, InstantSource.system());
    for (int i = 0; i < 3; i++) {
      log.append(
          new AuditEntry(
              Instant.EPOCH, "a", Set.of(), "POST", "/v1/events", null, 200, "done", null, "b"));
    }
    log.start();
    log.stop();

    CommandRun whole = CommandRun.of("audit", "verify", directory.toString());
    assertThat(whole.output()).contains("3 lines in 1 files", "Whole: no line was");
    assertThat(whole.status()).isZero();
    String hash = whole.output().replaceAll("(?s).*to keep elsewhere: ([0-9a-f]{64}).*", "$1");

    Path file = directory.resolve("audit-000000000001.jsonl");
    List<String> lines = Files.readAllLines(file);
    Files.write(file, List.of(lines.get(0), lines.get(2)));
    CommandRun cut = CommandRun.of("audit", "verify", directory.toString());
    assertThat(cut.output())
        .contains("FAULT: audit-000000000001.jsonl line 2: lines 2 to 2 before it are missing");
    assertThat(cut.status()).isEqualTo(1);

    Files.write(file, lines.subList(0, 2));
    assertThat(
            CommandRun.of("audit", "verify", directory.toString(), "--known-hash=" + hash).output())
        .contains("lines 3 to 3 at the end are missing", "the hash " + hash + " is no line's");
  }
}
