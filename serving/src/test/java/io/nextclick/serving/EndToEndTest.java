// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events through HTTP, a real broker and a real store to a ranked list, and over a restart. */
class EndToEndTest {

  private static final String REFIT = "\nranking: {refitInterval: 10ms}";

  @TempDir Path directory;

  @Test
  void events_throughTheEmbeddedBroker_changeTheRankedList() throws Exception {
    String yaml =
        "kafka: {servers: embedded, port: 0, directory: \"%s\"}".formatted(directory.resolve("log"))
            + REFIT;
    try (RunningService service = RunningService.start(directory, yaml)) {
      awaitPublished(service);
      for (int user = 0; user < 20; user++) {
        post(service, click("u" + user, "shoe", 1_000), click("u" + user, "lace", 2_000));
      }
      post(service, click("w", "shoe", 1_000));
      put(service, "lace", "{\"attributes\":{\"title\":\"Lace\",\"size\":3}}");
      put(service, "boot", "{\"available\":false}");
      awaitFitted(service, 44);

      JsonNode list = rank(service, "w");
      assertThat(list.at("/items/0/item").asText()).isEqualTo("lace");
      assertThat(list.at("/model/name").asText()).isEqualTo("markov");
      assertThat(list.at("/history/events").asInt()).isEqualTo(1);
      assertThat(list.at("/history/ageMillis").asLong()).isNotNegative();
      assertThat(list.at("/fallback").isNull()).isTrue();
      assertThat(list.toString()).doesNotContain("boot");
      assertThat(rank(service, "stranger").at("/fallback").asText()).isEqualTo("no-history");

      JsonNode user = RunningService.json(service.get("/v1/users/w"));
      assertThat(user.at("/entries/0/item").asText()).isEqualTo("shoe");
      assertThat(user.at("/entries/0/time").asText()).isEqualTo("2020-09-13T12:26:41Z");
      assertThat(RunningService.json(service.get("/v1/items/lace")).at("/attributes").toString())
          .contains("\"size\":[\"3\"]");

      HttpResponse<String> erased =
          service.send("DELETE", "/v1/users/w?wait=true", BodyPublishers.noBody());
      assertThat(erased.statusCode()).as(erased.body()).isEqualTo(200);
      assertThat(service.get("/v1/users/w").statusCode()).isEqualTo(404);
      assertThat(rank(service, "w").at("/history/events").asInt()).isZero();
    }
    // The broker's log is on the disk, and so is the state: a second start finds both.
    try (RunningService service = RunningService.start(directory, yaml)) {
      assertThat(service.get("/v1/users/u1").statusCode()).isEqualTo(200);
      assertThat(service.get("/v1/users/w").statusCode()).isEqualTo(404);
      awaitPublished(service);
    }
  }

  @Test
  void brokerThatIsNotThere_rankingGoesOnAndPublishingSaysTryLater() throws Exception {
    String yaml = "kafka: {servers: \"127.0.0.1:1\", client: {max.block.ms: \"300\"}}";
    try (RunningService service = RunningService.start(directory, yaml)) {
      assertThat(service.post("/v1/rank", "{\"user\":\"a\",\"candidates\":[\"x\"]}").statusCode())
          .isEqualTo(200);
      HttpResponse<String> refused = service.post("/v1/events", click("a", "x", 1));
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
      assertThat(refused.headers().firstValue("Retry-After")).isPresent();
      // It waits for the log to open, but not for a broker that is away.
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> service.admin("/ready").statusCode() == 200);
      assertThat(service.admin("/ready").body()).contains("\"events\":\"BROKER_AWAY");
      assertThat(service.admin("/healthcheck").statusCode()).isEqualTo(200);
    }
  }

  private static void awaitPublished(RunningService service) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> service.post("/v1/events", click("probe", "shoe", 1)).statusCode() == 202);
  }

  private static void awaitFitted(RunningService service, int records) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() ->
            assertThat(service.get("/v1/models").body())
                .contains("\"version\":\"records-" + records + "\""));
  }

  private static void post(RunningService service, String... events) throws Exception {
    HttpResponse<String> response =
        service.send(
            "POST",
            "/v1/events?wait=true",
            BodyPublishers.ofString(String.join("\n", events)),
            "Content-Type",
            "application/x-ndjson");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(RunningService.json(response).get("verdicts"))
        .hasSize(events.length)
        .allSatisfy(verdict -> assertThat(verdict.asText()).isEqualTo("applied"));
  }

  private static void put(RunningService service, String item, String body) throws Exception {
    HttpResponse<String> response =
        service.send(
            "PUT",
            "/v1/items/" + item,
            BodyPublishers.ofString(body),
            "Content-Type",
            "application/json");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
  }

  private static JsonNode rank(RunningService service, String user) throws Exception {
    String body = "{\"user\":\"%s\",\"candidates\":[\"shoe\",\"boot\",\"lace\"]}".formatted(user);
    HttpResponse<String> response = service.post("/v1/rank", body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return RunningService.json(response);
  }

  private static String click(String user, String item, long time) {
    return "{\"id\":\"%s-%s\",\"action\":\"click\",\"user\":\"%s\",\"item\":\"%s\",\"time\":%d}"
        .formatted(user, item, user, item, 1_600_000_000_000L + time);
  }
}
