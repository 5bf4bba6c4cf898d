// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers joined with clicks that come after a restart, in {@code /metrics}. */
class LiveCalibrationTest {

  private static final Pattern VALUE = Pattern.compile("\\{model=\"(.*?)\"} ([0-9.E-]+)");

  @TempDir private Path directory;

  @Test
  void metrics_clicksAfterARestart_areCountedForTheModelThatAnswered() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v1", 20, 5);
    JsonNode calibrated;
    JsonNode relative;
    try (RunningService service = start("1h")) {
      awaitPosted(service, click("e1", "u", "i1", "none"));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> service.get("/v1/models").body().contains("markov"));
      calibrated = rank(service, "shop");
      relative = rank(service, "markov");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> service.admin("/metrics").body().contains("impressions_waiting 2.0"));
      assertThat(values(service, "nextclick_shown_clicks_total")).isEmpty();
    }
    assertThat(calibrated.at("/model/calibrated").asBoolean()).isTrue();
    assertThat(relative.at("/model/calibrated").asBoolean(true)).isFalse();
    assertThat(relative.at("/items/0/probability").isNull()).isTrue();
    try (RunningService service = start("1h")) {
      for (JsonNode answer : List.of(calibrated, relative)) {
        String request = answer.at("/request").asText();
        awaitPosted(service, click("e2" + request, "u", "i2", request));
        awaitPosted(service, click("e3" + request, "u", "i2", request));
      }
      awaitPosted(service, click("e4", "u", "i1", "another-request"));
    }
    // Nothing is in its window any more.
    try (RunningService service = start("1ms")) {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> values(service, "nextclick_shown_clicks_total").size() == 2);
      assertThat(values(service, "nextclick_shown_clicks_total"))
          .containsExactlyInAnyOrder("markov 1.0", "shop/v1 1.0");
      assertThat(values(service, "nextclick_shown_items_total"))
          .containsExactlyInAnyOrder("markov 2.0", "shop/v1 2.0");
      assertThat(values(service, "nextclick_calibration_clicks_total"))
          .containsExactly("shop/v1 1.0");
      assertThat(values(service, "nextclick_calibration_items_total"))
          .containsExactly("shop/v1 2.0");
      double predicted = 0;
      for (JsonNode item : calibrated.at("/items")) {
        predicted += item.at("/probability").asDouble();
      }
      assertThat(values(service, "nextclick_calibration_predicted_total"))
          .containsExactly("shop/v1 " + predicted);
      assertThat(values(service, "nextclick_calibration_clicks_per_predicted"))
          .containsExactly("shop/v1 " + 1 / predicted);
      assertThat(service.admin("/metrics").body())
          .contains("nextclick_impressions_waiting 0.0")
          .contains("nextclick_answers_logged_total 0.0")
          .contains("nextclick_event_visible_after_append_seconds_bucket");
    }
  }

  private static JsonNode rank(RunningService service, String model) throws Exception {
    String body =
        "{\"user\":\"u\",\"candidates\":[\"i1\",\"i2\"],\"model\":\"%s\"}".formatted(model);
    return RunningService.json(service.post("/v1/rank", body));
  }

  private RunningService start(String grace) throws Exception {
    String yaml =
        """
        kafka: {servers: embedded, port: 0, directory: "%s"}
        ranking: {refitInterval: 10ms}
        model: {directory: "%s", active: shop/v1}
        answers: {sample: 1, window: 10s, grace: %s}
        """
            .formatted(directory.resolve("log"), directory.resolve("models"), grace);
    return RunningService.start(directory, yaml);
  }

  private static List<String> values(RunningService service, String name) throws Exception {
    List<String> values = new ArrayList<>();
    service
        .admin("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + "{"))
        .forEach(line -> {
          Matcher value = VALUE.matcher(line);
          assertThat(value.find()).as(line).isTrue();
          values.add(value.group(1) + " " + value.group(2));
        });
    return values;
  }

  private static void awaitPosted(RunningService service, String event) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            service
                    .send(
                        "POST",
                        "/v1/events?wait=true",
                        BodyPublishers.ofString(event),
                        "Content-Type",
                        "application/json")
                    .statusCode()
                == 200);
  }

  private static String click(String id, String user, String item, String request) {
    return "{\"id\":\"%s\",\"action\":\"click\",\"user\":\"%s\",\"item\":\"%s\",\"time\":%d,\"request\":\"%s\"}"
        .formatted(id, user, item, Instant.now().toEpochMilli(), request);
  }
}
