// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogSortTest {

  @TempDir private Path folder;

  @Test
  void of_anyOrder_givesTheSameBytes() throws IOException {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      events.add(
          Event.behaviour("e" + i, "click", "u" + i % 7, "i" + i % 11, 1_600_000_000_000L + i / 3));
    }
    List<String> expected = sorted(events);
    assertThat(expected).hasSize(3_000);
    assertThat(times(expected)).isSorted();
    assertThat(sorted(events.reversed())).isEqualTo(expected);
    Collections.shuffle(events, new Random(5));
    assertThat(sorted(events)).isEqualTo(expected);
  }

  @Test
  void of_equalTimes_describesShowsThenActsThenErases() throws IOException {
    Event item = event("1", Event.ITEM, null, "a");
    Event user = event("2", Event.USER, "u", null);
    Event shown = event("3", "impression", "u", "a");
    Event click = event("4", "click", "u", "a");
    Event erase = event("5", Event.ERASE, "u", null);

    List<String> lines = sorted(List.of(erase, click, shown, user, item));

    assertThat(lines).containsExactlyElementsOf(lines(List.of(item, user, shown, click, erase)));
  }

  @Test
  void of_linesThatAreNoEvents_leavesThemOutAndLeavesNothingBehind() throws IOException {
    Event late = Event.behaviour("b", "click", "u", "i", 1_600_000_000_002L);
    Event early = Event.behaviour("a", "click", "u", "i", 1_600_000_000_001L);
    Path log = folder.resolve("log.jsonl");
    Files.write(
        log, List.of(lines(List.of(late)).getFirst(), "{", lines(List.of(early)).getFirst()));
    try (LogSort sort = LogSort.of(log, folder)) {
      assertThat(read(sort.file())).containsExactlyElementsOf(lines(List.of(early, late)));
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(log);
    }
  }

  private List<String> sorted(List<Event> events) throws IOException {
    Path log = folder.resolve("in.jsonl");
    Files.write(log, lines(events));
    try (LogSort sort = LogSort.of(log, folder)) {
      return read(sort.file());
    }
  }

  private static List<String> read(Path log) throws IOException {
    List<String> lines = new ArrayList<>();
    try (LineReader reader = LineReader.open(log, 1 << 16)) {
      for (LineReader.Line line = reader.next(); line != null; line = reader.next()) {
        lines.add(new String(line.value(), StandardCharsets.UTF_8));
      }
    }
    return lines;
  }

  private static List<Long> times(List<String> lines) {
    return lines.stream()
        .map(line -> EventJson.decode(line.getBytes(StandardCharsets.UTF_8)))
        .map(decoded -> ((Event) decoded).timeMillis())
        .toList();
  }

  private static List<String> lines(List<Event> events) {
    return events.stream()
        .map(event -> new String(EventJson.encode(event), StandardCharsets.UTF_8))
        .toList();
  }

  private static Event event(String id, String action, String user, String item) {
    return new Event(
        id,
        action,
        user,
        item == null ? List.of() : List.of(item),
        1_600_000_000_009L,
        null,
        Map.of(),
        user == null || action.equals(Event.USER) ? Map.of("a", List.of("b")) : Map.of(),
        true);
  }
}
