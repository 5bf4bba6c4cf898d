// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.Verdict;
import io.nextclick.ingest.kafka.RefusedRecords;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class RefusedRecordsTest {

  private static final SourcePartition PARTITION = new SourcePartition("events", 2);
  private static final String SECRET = "ann-the-secret";

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final RefusedRecords records = new RefusedRecords(now::get);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(RefusedRecords.class);

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(lines);
  }

  @Test
  void refusedRecords_areToldOnceAMinute_withReasonsAndTheFirstPlace_withoutUserOrBody() {
    fold(10, "{\"id\":\"e\",\"user_id\":\"%s\"}".formatted(SECRET), "[]", "{}");
    fold(13, "{}", "{}");
    assertThat(lines.list).hasSize(1);
    ILoggingEvent warning = lines.list.getFirst();
    assertThat(warning.getLevel()).isEqualTo(Level.WARN);
    assertThat(warning.getFormattedMessage())
        .contains("Refused 3 of 3", "missing-field", "events-2 at offset 10", "deadletters")
        .doesNotContain(SECRET);

    now.set(Instant.EPOCH.plus(Duration.ofSeconds(61)));
    records.caughtUp(now.get());
    records.caughtUp(now.get());
    assertThat(lines.list).hasSize(2);
    assertThat(lines.list.get(1).getFormattedMessage())
        .contains("Refused 2 of 2", "events-2 at offset 13");
  }

  @Test
  void window_looksBackFiveMinutes() {
    fold(0, "{}", "{}");
    now.set(Instant.EPOCH.plus(Duration.ofMinutes(4)));
    fold(2, "[]");
    assertThat(records.window()).isEqualTo(new RefusedRecords.Window(3, 3));
    now.set(Instant.EPOCH.plus(Duration.ofMinutes(6)));
    assertThat(records.window()).isEqualTo(new RefusedRecords.Window(1, 1));
    now.set(Instant.EPOCH.plus(Duration.ofMinutes(60)));
    assertThat(records.window().share()).isZero();
    assertThat(records.byReason().values().stream().mapToLong(n -> n).sum()).isEqualTo(3);
  }

  @Test
  void actionThatTheStoreDoesNotKnow_isNamedAsTheReason() {
    String event =
        "{\"id\":\"e\",\"action\":\"view\",\"user\":\"u\",\"item\":\"i\",\"time\":1600000000009}";
    fold(0, event);
    assertThat(records.byReason()).containsOnlyKeys(Reason.UNKNOWN_ACTION);
  }

  private void fold(long offset, String... values) {
    List<SourceRecord> batch = new ArrayList<>();
    for (String value : values) {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      Decoded decoded = EventJson.decode(bytes);
      batch.add(new SourceRecord(offset + batch.size(), 1, decoded, bytes));
    }
    records.after(
        new SourceBatch(PARTITION, "id", 0, offset + values.length, batch),
        batch.stream().map(record -> Verdict.QUARANTINED).toList());
  }
}
