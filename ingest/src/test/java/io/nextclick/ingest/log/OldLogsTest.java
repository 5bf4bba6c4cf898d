// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.Fixtures;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.RejectedEvent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Logs that earlier versions wrote; the README beside the files says which commit wrote which. */
class OldLogsTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "events-82d60f4.jsonl.gz",
        "events-82d60f4.jsonl.zst",
        "events-982c725.jsonl.gz",
        "events-982c725.jsonl.zst"
      })
  void next_eventsOfThen_areTheLinesOfThen(String name) throws Exception {
    List<String> lines = new ArrayList<>();
    try (EventLogReader log = EventLogReader.open(copied("logs/" + name))) {
      for (LogLine line = log.next(); line != null; line = log.next()) {
        lines.add(new String(line.value(), StandardCharsets.UTF_8));
      }
    }
    assertThat(lines).isEqualTo(plain());
  }

  /** Every action of the usual ones, and every other thing that a line may be. */
  @Test
  void next_plainLog_decodesEveryKindOfEvent() throws Exception {
    Set<String> actions = new TreeSet<>();
    List<String> refused = new ArrayList<>();
    List<Event> events = new ArrayList<>();
    try (EventLogReader log = EventLogReader.open(copied("stores/events.jsonl"))) {
      for (LogLine line = log.next(); line != null; line = log.next()) {
        switch (line.decoded()) {
          case Event event -> {
            actions.add(event.action());
            events.add(event);
            assertThat(EventJson.decode(EventJson.encode(event))).isEqualTo(event);
          }
          case RejectedEvent rejected -> refused.add(rejected.reason().label());
        }
      }
    }
    assertThat(actions)
        .containsExactly(
            "cart",
            "click",
            "comment",
            "dislike",
            "erase",
            "follow",
            "impression",
            "item",
            "like",
            "long_view",
            "purchase",
            "share",
            "stroll",
            "user");
    assertThat(refused).containsExactly("missing-field", "not-json");
    assertThat(events.get(3))
        .isEqualTo(
            new Event(
                "i3",
                "item",
                null,
                List.of("42"),
                1_767_225_600_003L,
                null,
                Map.of(),
                Map.of("category", List.of("other"), "price", List.of("30")),
                false));
    assertThat(events.get(6))
        .isEqualTo(
            new Event(
                "m1",
                "impression",
                "ada",
                List.of("apple", "Birne 2", "čaj"),
                1_767_225_601_000L,
                "r1",
                Map.of("surface", "home"),
                Map.of(),
                true));
  }

  @ParameterizedTest
  @CsvSource({"b5bb0c7, 1796053943050, 1796053927000", "982c725, 1796053701227, 1796053685000"})
  void next_topicsOfThen_haveTheirPlaces(String commit, long appended, long time) throws Exception {
    List<TopicRecord> records = new ArrayList<>();
    Path file = copied("logs/topics-" + commit + ".jsonl.zst");
    assertThat(TopicLogReader.isTopicLog(file)).isTrue();
    try (TopicLogReader log = TopicLogReader.open(file)) {
      for (TopicRecord record = log.next(); record != null; record = log.next()) {
        records.add(record);
      }
    }
    assertThat(records).hasSize(34);
    TopicRecord first = records.getFirst();
    assertThat(first.partition()).hasToString("nextclick-events-0");
    assertThat(first.record().offset()).isZero();
    assertThat(first.record().appendTimeMillis()).isEqualTo(appended);
    assertThat(first.record().decoded())
        .isEqualTo(Event.behaviour("a20", "impression", "u2", "čaj", time));
    assertThat(records).allMatch(record -> record.record().decoded() instanceof Event);
  }

  private static List<String> plain() throws IOException {
    try (InputStream in = Fixtures.open("stores/events.jsonl")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
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
