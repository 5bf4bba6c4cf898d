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
    String answer;
    double predicted;
    try (RunningService service = start("1h")) {
      awaitPosted(service, click("e1", "u", "shoe", "none"));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> service.get("/v1/models").body().contains("markov"));
      JsonNode list =
          RunningService.json(
              service.post("/v1/rank", "{\"user\":\"u\",\"candidates\":[\"shoe\",\"boot\"]}"));
      answer = list.at("/request").asText();
      predicted = 0;
      for (JsonNode item : list.at("/items")) {
        predicted += item.at("/probability").asDouble();
      }
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> service.admin("/metrics").body().contains("impressions_waiting 1.0"));
      assertThat(values(service, "nextclick_calibration_clicks_total")).isEmpty();
    }
    try (RunningService service = start("1h")) {
      awaitPosted(service, click("e2", "u", "boot", answer));
      awaitPosted(service, click("e3", "u", "boot", answer));
      awaitPosted(service, click("e4", "u", "shoe", "another-request"));
    }
    // Nothing is in its window any more.
    try (RunningService service = start("1ms")) {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> !values(service, "nextclick_calibration_clicks_total").isEmpty());
      assertThat(values(service, "nextclick_calibration_clicks_total"))
          .containsExactly("markov 1.0");
      assertThat(values(service, "nextclick_calibration_items_total"))
          .containsExactly("markov 2.0");
      String sum = values(service, "nextclick_calibration_predicted_total").getFirst();
      assertThat(Double.parseDouble(sum.substring("markov ".length()))).isEqualTo(predicted);
      String metrics = service.admin("/metrics").body();
      assertThat(metrics)
          .contains("nextclick_calibration_clicks_per_predicted{model=\"markov\"}")
          .contains("nextclick_impressions_waiting 0.0")
          .contains("nextclick_answers_logged_total 0.0")
          .contains("nextclick_event_visible_after_append_seconds_bucket");
    }
  }

  private RunningService start(String grace) throws Exception {
    String yaml =
        """
        kafka: {servers: embedded, port: 0, directory: "%s"}
        ranking: {refitInterval: 10ms}
        answers: {sample: 1, window: 10s, grace: %s}
        """
            .formatted(directory.resolve("log"), grace);
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
