// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.Retention;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.RocksDbSequenceStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveRetentionTest {

  private static final long HOUR = 3_600_000;
  private static final long NOW = 1_795_341_600_000L;

  @TempDir private Path directory;

  @Test
  void rankAndGet_userWhomTheRetentionHasForgotten_hasNoHistory() throws Exception {
    FoldSettings settings = FoldSettings.DEFAULT.withRetention(new Retention(HOUR));
    try (var store = RocksDbSequenceStore.open(directory.resolve("store"), settings)) {
      List<SourceRecord> records = new ArrayList<>();
      for (String user : List.of("silent", "awake")) {
        long offset = records.size();
        Event event = Event.behaviour(user, "click", user, "i3", NOW + 2 * HOUR * offset);
        records.add(new SourceRecord(offset, event.timeMillis(), event, new byte[0]));
      }
      store.apply(new SourceBatch(new SourcePartition("events", 0), "t", 0, 2, records));
    }
    RandomModel.publish(directory.resolve("models"), "v1", 20, 5);
    String model =
        "kafka: none\nmodel: {directory: \"%s\", active: shop/v1}"
            .formatted(directory.resolve("models"));
    try (RunningService service = RunningService.start(directory, model, "retention: 1h")) {
      assertThat(service.get("/v1/users/awake").statusCode()).isEqualTo(200);
      assertThat(service.get("/v1/users/silent").statusCode()).isEqualTo(404);
      assertThat(rank(service, "awake")).doesNotContain("no-history");
      assertThat(rank(service, "silent")).contains("no-history");
    }
  }

  private static String rank(RunningService service, String user) throws Exception {
    String request = "{\"user\":\"%s\",\"candidates\":[\"i1\",\"i5\"]}".formatted(user);
    return service.post("/v1/rank", request).body();
  }
}
