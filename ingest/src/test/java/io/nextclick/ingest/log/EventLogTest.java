// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventLogTest {

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"a.jsonl", "a.jsonl.gz", "a.jsonl.zst"})
  void reader_committedLog_givesTheEventsBack(String name) throws IOException {
    Path log = folder.resolve(name);
    List<Event> events = write(log, 5_000);
    List<LogLine> lines = read(log);
    assertThat(lines).extracting(LogLine::decoded).containsExactlyElementsOf(events);
    assertThat(lines.getFirst().number()).isEqualTo(1);
    assertThat(lines.getLast().number()).isEqualTo(5_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.jsonl", "a.jsonl.gz", "a.jsonl.zst"})
  void writer_sameEvents_sameBytes(String name) throws IOException {
    Path first = folder.resolve(name);
    Path second = folder.resolve("b" + name);
    write(first, 500);
    write(second, 500);
    assertThat(first).hasSameBinaryContentAs(second);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.jsonl", "a.jsonl.gz", "a.jsonl.zst"})
  void writer_closedWithoutCommit_leavesNothing(String name) throws IOException {
    try (EventLogWriter writer = EventLogWriter.open(folder.resolve(name))) {
      writer.write(event(1));
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void writer_closedWithoutCommit_keepsTheOldLog() throws IOException {
    Path log = folder.resolve("a.jsonl");
    write(log, 3);
    try (EventLogWriter writer = EventLogWriter.open(log)) {
      writer.write(event(9));
    }
    assertThat(read(log)).hasSize(3);
  }

  @Test
  void writer_remainsOfAKilledProcess_areOverwritten() throws IOException {
    Files.writeString(folder.resolve(".a.jsonl.unfinished"), "x".repeat(10_000));
    Path log = folder.resolve("a.jsonl");
    write(log, 1);
    assertThat(read(log)).hasSize(1);
    assertThat(folder).isDirectoryNotContaining(p -> p.toString().endsWith(".unfinished"));
  }

  @Test
  void writer_unknownName_saysWhichNamesThereAre() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EventLogWriter.open(folder.resolve("a.csv")))
        .withMessageContaining(".jsonl.zst");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.jsonl.gz", "a.jsonl.zst"})
  void reader_truncatedArchive_namesTheLastLine(String name) throws IOException {
    Path log = folder.resolve(name);
    write(log, 20_000);
    byte[] bytes = Files.readAllBytes(log);
    Files.write(log, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatIOException()
        .isThrownBy(() -> read(log))
        .withMessageMatching("(?s).*cut off or damaged after line [1-9]\\d*: .+");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.jsonl.gz", "a.jsonl.zst"})
  void reader_damagedArchive_fails(String name) throws IOException {
    Path log = folder.resolve(name);
    write(log, 20_000);
    byte[] bytes = Files.readAllBytes(log);
    Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 64, (byte) 0x5a);
    Files.write(log, bytes);
    assertThatIOException().isThrownBy(() -> read(log)).withMessageContaining(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.jsonl.gz", "a.jsonl.zst"})
  void reader_notCompressedAtAll_fails(String name) throws IOException {
    Path log = folder.resolve(name);
    Files.writeString(log, "{\"id\":\"e1\"}\n");
    assertThatIOException().isThrownBy(() -> read(log)).withMessageContaining(name);
  }

  @Test
  void reader_linesThatAreNoEvents_areHandedOutWithTheirReason() throws IOException {
    Path log = folder.resolve("a.jsonl");
    Files.writeString(log, "not json\n\n{\"id\":\"e1\"}\r\n \t\r\n");
    List<LogLine> lines = read(log);
    assertThat(lines)
        .extracting(line -> ((RejectedEvent) line.decoded()).reason())
        .containsExactly(Reason.NOT_JSON, Reason.MISSING_FIELD);
    assertThat(lines).extracting(LogLine::number).containsExactly(1L, 3L);
    assertThat(lines.getFirst().value()).isEqualTo("not json".getBytes(UTF_8));
  }

  @Test
  void reader_byteOrderMarkAndCarriageReturns_countForNothing() throws IOException {
    Path log = folder.resolve("a.jsonl");
    String line = new String(EventJson.encode(event(1)), UTF_8);
    Files.writeString(log, "\uFEFF" + line + "\r\n\r\n" + line + "\r\n");
    assertThat(read(log)).extracting(LogLine::decoded).containsExactly(event(1), event(1));
  }

  @Test
  void reader_lineBeyondTheLimit_isCappedAndRefused() throws IOException {
    Path log = folder.resolve("a.jsonl");
    Files.writeString(log, "x".repeat(EventLogReader.MAX_LINE_BYTES + 1) + "\n{}\n");
    List<LogLine> lines = read(log);
    assertThat(lines).hasSize(2);
    assertThat(lines.getFirst().value()).hasSize(EventLogReader.MAX_LINE_BYTES);
    assertThat(((RejectedEvent) lines.getFirst().decoded()).reason()).isEqualTo(Reason.TOO_LARGE);
    assertThat(lines.getLast().value()).hasSize(2);
  }

  @Test
  void skip_someLines_goesOnBehindThem() throws IOException {
    Path log = folder.resolve("a.jsonl");
    List<Event> events = write(log, 3_000);
    try (EventLogReader reader = EventLogReader.open(log)) {
      assertThat(reader.skip(2_998)).isEqualTo(2_998);
      LogLine line = requireNonNull(reader.next());
      assertThat(line.number()).isEqualTo(2_999);
      assertThat(line.decoded()).isEqualTo(events.get(2_998));
      assertThat(reader.skip(10)).isEqualTo(1);
      assertThat(reader.next()).isNull();
      assertThat(reader.bytesRead()).isEqualTo(reader.size());
    }
  }

  private static List<Event> write(Path log, int count) throws IOException {
    List<Event> events = new ArrayList<>();
    try (EventLogWriter writer = EventLogWriter.open(log)) {
      for (int i = 0; i < count; i++) {
        events.add(event(i));
        writer.write(events.getLast());
      }
      writer.commit();
      assertThat(writer.lines()).isEqualTo(count);
    }
    return events;
  }

  private static Event event(int i) {
    return Event.behaviour(
        "e" + i, "click", "u" + i * 31 % 97, "i" + i * i % 1009, 1_600_000_000_000L + i);
  }

  private static List<LogLine> read(Path log) throws IOException {
    List<LogLine> lines = new ArrayList<>();
    try (EventLogReader reader = EventLogReader.open(log)) {
      for (LogLine line = reader.next(); line != null; line = reader.next()) {
        lines.add(line);
      }
    }
    return lines;
  }
}
