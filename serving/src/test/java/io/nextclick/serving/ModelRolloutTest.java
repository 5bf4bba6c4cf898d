// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models are published, split, shadowed, promoted and rolled back under a running service. */
@Timeout(300)
class ModelRolloutTest {

  private static final int ITEMS = 40;

  @TempDir private Path directory;

  @Test
  void watch_newVersions_goodOnesServeDamagedOnesAreNamed() throws Exception {
    try (RunningService service = start("active: shop")) {
      assertThat(service.admin("/ready").statusCode()).isEqualTo(503);
      assertThat(service.admin("/ready").body()).contains("shop has no version");

      publish("v1", 1);
      awaitVersion(service, "v1");
      assertThat(service.admin("/ready").statusCode()).isEqualTo(200);

      publish("v2", 2);
      damage("v2");
      await().atMost(30, SECONDS).until(() -> models(service).at("/refused").has("shop/v2"));
      assertThat(models(service).at("/refused/shop~1v2").asText()).contains("items.txt");
      assertThat(version(service, "u1")).isEqualTo("v1");

      repair("v2");
      awaitVersion(service, "v2");
      assertThat(models(service).at("/refused")).isEmpty();
    }
  }

  @Test
  void activate_olderVersion_staysAfterARestartUntilTheConfigurationChanges() throws Exception {
    publish("v1", 1);
    publish("v2", 2);
    try (RunningService service = start("active: shop")) {
      assertThat(version(service, "u1")).isEqualTo("v2");
      assertThat(service.post("/v1/models/shop/v1/activate", "").statusCode()).isEqualTo(200);
      publish("v3", 3);
      assertThat(version(service, "u1")).isEqualTo("v1");
    }
    try (RunningService service = start("active: shop")) {
      assertThat(version(service, "u1")).isEqualTo("v1");
      assertThat(service.post("/v1/models/shop/activate", "").statusCode()).isEqualTo(200);
      assertThat(version(service, "u1")).isEqualTo("v3");
    }
    try (RunningService service = start("active: shop/v2")) {
      assertThat(version(service, "u1")).isEqualTo("v2");
    }
  }

  @Test
  void arms_ofTwoVersions_splitTheUsersAsTheyWeigh() throws Exception {
    publish("v1", 1);
    publish("v2", 2);
    try (RunningService service = start("arms: {shop/v1: 3, shop/v2: 1}")) {
      Map<String, Integer> users = new HashMap<>();
      for (int user = 0; user < 400; user++) {
        JsonNode answer = rank(service, "u" + user);
        assertThat(answer.at("/experiment/arm").asText())
            .isEqualTo("shop/" + answer.at("/model/version").asText());
        users.merge(answer.at("/model/version").asText(), 1, Integer::sum);
        assertThat(version(service, "u" + user)).isEqualTo(answer.at("/model/version").asText());
      }
      assertThat(users.get("v1")).isBetween(270, 330);

      HttpResponse<String> whole = route(service, "{\"arms\":{\"shop/v2\":1}}");
      assertThat(whole.statusCode()).isEqualTo(200);
      assertThat(version(service, "u1")).isEqualTo("v2");
    }
  }

  @Test
  void shadow_ofAnotherVersion_isComparedInTheMetrics() throws Exception {
    publish("v1", 1);
    publish("v2", 2);
    try (RunningService service = start("active: shop/v1, shadows: [shop/v2], shadowShare: 1")) {
      await()
          .atMost(60, SECONDS)
          .until(() -> {
            rank(service, "u1");
            return service
                .admin("/metrics")
                .body()
                .contains("nextclick_shadow_overlap_count{model=\"shop/v2\"}");
          });
      assertThat(version(service, "u1")).isEqualTo("v1");
      String metrics = service.admin("/metrics").body();
      assertThat(metrics)
          .contains("nextclick_shadow_rank_correlation_sum{model=\"shop/v2\"}")
          .contains("nextclick_shadow_failed_total 0.0")
          .contains("nextclick_history_cache_misses_total{model=\"shop/v1\"}");
      for (String stage : new String[] {"queue", "state", "encode", "score", "serialise"}) {
        assertThat(metrics).contains("nextclick_rank_stage_seconds_count{stage=\"" + stage);
      }
    }
  }

  @Test
  void route_whatCannotBe_saysWhyAndChangesNothing() throws Exception {
    publish("v1", 1);
    publish("v2", 2);
    damage("v2");
    try (RunningService service = start("active: shop/v1")) {
      assertThat(route(service, "{\"arms\":{\"shop/v1\":1,\"shop/v2\":1}}").statusCode())
          .isEqualTo(422);
      assertThat(route(service, "{\"arms\":{\"shop/v9\":1}}").statusCode()).isEqualTo(404);
      for (String body :
          new String[] {
            "{\"arms\":{\"../x\":1}}",
            "{\"arms\":{\"shop/v1\":0}}",
            "{\"arms\":{\"shop/v1\":null}}",
            "{\"arms\":{\"shop/v1\":1},\"shadows\":[\"shop/v1\"]}",
            "{\"shadows\":[\"shop/v1\"]}",
            "{\"weights\":{}}",
            "{}",
            "[]"
          }) {
        HttpResponse<String> response = route(service, body);
        assertThat(response.statusCode()).as(body + " " + response.body()).isEqualTo(400);
      }
      assertThat(version(service, "u1")).isEqualTo("v1");
      assertThat(models(service).at("/routing/arms/shop~1v1").asInt()).isEqualTo(1);
    }
  }

  @Test
  void route_planCannotBeKept_saysSoAndChangesNothing() throws Exception {
    publish("v1", 1);
    publish("v2", 2);
    try (RunningService service = start("active: shop/v1")) {
      Files.createDirectories(directory.resolve("routing.json/in-the-way"));

      assertThat(service.post("/v1/models/shop/v2/activate", "").statusCode()).isEqualTo(422);
      assertThat(version(service, "u1")).isEqualTo("v1");
    }
  }

  @Test
  void start_configuredVersionDamaged_isRefused() throws Exception {
    publish("v1", 1);
    damage("v1");

    assertThatThrownBy(() -> start("active: shop/v1")).hasMessageContaining("items.txt");
    assertThatThrownBy(() -> start("active: shop/v1, arms: {shop/v1: 1}"))
        .hasMessageContaining("not both");
  }

  private RunningService start(String model) throws Exception {
    String yaml =
        """
        kafka: none
        model: {directory: "%s", backend: vector, watch: 50ms, %s}\
        """
            .formatted(directory.resolve("models"), model);
    return RunningService.start(directory, yaml);
  }

  private void publish(String version, int seed) throws Exception {
    RandomModel.publish(directory.resolve("models"), version, ITEMS, seed);
  }

  private Path items(String version) {
    return directory.resolve("models/shop").resolve(version).resolve("items.txt");
  }

  private void damage(String version) throws Exception {
    Files.writeString(
        items(version), Files.readString(items(version)).replaceFirst("i7\n", "x7\n"));
  }

  private void repair(String version) throws Exception {
    Files.writeString(
        items(version), Files.readString(items(version)).replaceFirst("x7\n", "i7\n"));
  }

  private static void awaitVersion(RunningService service, String version) {
    await().atMost(30, SECONDS).until(() -> version(service, "u1").equals(version));
  }

  private static String version(RunningService service, String user) throws Exception {
    return rank(service, user).at("/model/version").asText();
  }

  private static JsonNode models(RunningService service) throws Exception {
    return RunningService.json(service.get("/v1/models"));
  }

  private static HttpResponse<String> route(RunningService service, String body) throws Exception {
    return service.send(
        "PUT",
        "/v1/models/routing",
        BodyPublishers.ofString(body),
        "Content-Type",
        "application/json");
  }

  private static JsonNode rank(RunningService service, String user) throws Exception {
    String candidates =
        String.join(
            ",", Stream.iterate(1, i -> i + 1).limit(ITEMS).map(i -> "\"i" + i + "\"").toList());
    HttpResponse<String> response =
        service.post(
            "/v1/rank", "{\"user\":\"%s\",\"candidates\":[%s]}".formatted(user, candidates));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return RunningService.json(response);
  }
}
