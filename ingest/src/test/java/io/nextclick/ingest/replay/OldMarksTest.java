// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.nextclick.features.Fixtures;
import io.nextclick.ingest.log.EventLogReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The marks of replays, as earlier versions wrote them. */
class OldMarksTest {

  @TempDir private Path directory;

  @Test
  void mark_ofThen_passesOverTheLinesOfItsLog() throws Exception {
    ReplayMark mark = new ReplayMark(copied("beside/events.jsonl.replayed"));
    try (EventLogReader log = EventLogReader.open(copied("stores/events.jsonl"))) {
      assertThat(mark.skip(log)).isEqualTo(3);
      assertThat(log.lines()).isEqualTo(3);
    }
    Path other = Files.writeString(directory.resolve("other.jsonl"), "1\n2\n3\n4\n");
    try (EventLogReader log = EventLogReader.open(other)) {
      assertThatIOException()
          .isThrownBy(() -> mark.skip(log))
          .withMessageContaining("is of another log: line 3 was another one");
    }
  }

  /** Until dcf8b83 a mark was a number alone. */
  @Test
  void mark_withoutAHash_passesOverItsLines() throws Exception {
    ReplayMark mark = new ReplayMark(Files.writeString(directory.resolve("mark"), "5\n"));
    try (EventLogReader log = EventLogReader.open(copied("stores/events.jsonl"))) {
      assertThat(mark.skip(log)).isEqualTo(5);
    }
  }

  private Path copied(String name) throws IOException {
    Path file = directory.resolve(name.substring(name.indexOf('/') + 1));
    try (InputStream in = Fixtures.open(name)) {
      Files.copy(in, file);
    }
    return file;
  }
}
