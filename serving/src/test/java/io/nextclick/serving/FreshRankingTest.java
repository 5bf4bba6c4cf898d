// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An event that is posted changes the very next rankings, without a refit or a restart. */
class FreshRankingTest {

  private static final String RANK =
      "{\"user\":\"u\",\"model\":\"shop\",\"candidates\":[\"i1\",\"i2\",\"i3\",\"i4\"]}";

  @TempDir private Path directory;

  @Test
  void event_postedByHttp_changesTheRankingAndItsAgeIsMeasured() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v1", 20, 5);
    String yaml =
        """
        kafka: {servers: embedded, port: 0, directory: "%s"}
        model: {directory: "%s", active: shop/v1}
        """
            .formatted(directory.resolve("log"), directory.resolve("models"));
    try (RunningService service = RunningService.start(directory, yaml)) {
      JsonNode empty = rank(service);
      assertThat(empty.at("/history/events").asInt()).isZero();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> service.post("/v1/events", click("e1", "i7")).statusCode() == 202);
      JsonNode first = awaitOther(service, empty);
      assertThat(first.at("/history/events").asInt()).isEqualTo(1);
      assertThat(service.post("/v1/events", click("e2", "i9")).statusCode()).isEqualTo(202);
      JsonNode second = awaitOther(service, first);
      assertThat(second.at("/history/events").asInt()).isEqualTo(2);

      String metrics = service.admin("/metrics").body();
      assertThat(value(metrics, "nextclick_event_visible_after_append_seconds_count")).isEqualTo(2);
      assertThat(value(metrics, "nextclick_event_visible_after_event_seconds_count")).isEqualTo(2);
      // The events say that they happened long ago.
      assertThat(value(metrics, "nextclick_event_visible_after_event_seconds_sum"))
          .isGreaterThan(1e6);
      assertThat(value(metrics, "nextclick_event_visible_after_append_seconds_sum"))
          .isLessThan(120);
    }
  }

  private static JsonNode awaitOther(RunningService service, JsonNode before) {
    return await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> rank(service), now -> !now.get("items").equals(before.get("items")));
  }

  private static JsonNode rank(RunningService service) throws Exception {
    return RunningService.json(service.post("/v1/rank", RANK));
  }

  private static double value(String metrics, String name) {
    Matcher value = Pattern.compile("(?m)^" + name + " (\\S+)$").matcher(metrics);
    assertThat(value.find()).as(name).isTrue();
    return Double.parseDouble(value.group(1));
  }

  private static String click(String id, String item) {
    return "{\"id\":\"%s\",\"action\":\"click\",\"user\":\"u\",\"item\":\"%s\",\"time\":1767225600000}"
        .formatted(id, item);
  }
}
