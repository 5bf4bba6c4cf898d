// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopicLogTest {

  private static final SourcePartition PLACE = new SourcePartition("events \"x\"", 3);

  @TempDir private Path directory;

  @Test
  void decode_encodedRecord_givesPlaceAndEventBack() throws IOException {
    Event event =
        new Event(
            "e\u00e4\u20ac1",
            "click",
            "u}{",
            List.of("i1", "i2"),
            1_600_000_000_005L,
            "r",
            Map.of("s", "\u00e9"),
            Map.of(),
            true);
    TopicRecord read = reader(TopicLog.encode(record(7, event))).next();
    assertThat(read).isNotNull();
    assertThat(read.partition()).isEqualTo(PLACE);
    assertThat(read.record().offset()).isEqualTo(7);
    assertThat(read.record().appendTimeMillis()).isEqualTo(99);
    assertThat(read.record().decoded()).isEqualTo(event);
    assertThat(read.record().value()).isEqualTo(EventJson.encode(event));
  }

  @Test
  void decode_refusedRecord_keepsPlaceAndReason() throws IOException {
    RejectedEvent refused = new RejectedEvent(Reason.KEY_MISMATCH, "the record has no key");
    SourceRecord record = new SourceRecord(8, 99, refused, "junk\n".getBytes(UTF_8));
    TopicRecord read = reader(TopicLog.encode(new TopicRecord(PLACE, record))).next();
    assertThat(read).isNotNull();
    assertThat(read.record().offset()).isEqualTo(8);
    assertThat(read.record().decoded())
        .isInstanceOfSatisfying(
            RejectedEvent.class, r -> assertThat(r.reason()).isEqualTo(Reason.KEY_MISMATCH));
  }

  @Test
  void next_plainEventLog_isRefusedWithTheLine() throws IOException {
    Event event = Event.behaviour("e", "click", "u", "i", 1_600_000_000_001L);
    TopicLogReader reader = reader(EventJson.encode(event));
    assertThatThrownBy(reader::next)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("log.jsonl, line 1")
        .hasMessageContaining("nextclick export");
  }

  private static TopicRecord record(long offset, Event event) {
    return new TopicRecord(PLACE, new SourceRecord(offset, 99, event, new byte[0]));
  }

  private TopicLogReader reader(byte[] line) throws IOException {
    return TopicLogReader.open(Files.write(directory.resolve("log.jsonl"), line));
  }
}
