// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Versions are swapped under requests, good ones and damaged ones. {@code -Dnextclick.swaps=1000}
 * swaps as often.
 */
@Timeout(3_600)
class ModelSwapTest {

  private static final int SWAPS = Integer.getInteger("nextclick.swaps", 60);
  private static final int ITEMS = 50;
  private static final String REQUEST =
      """
      {"user":"u1","limit":50,"candidates":[%s]}\
      """
          .formatted(
              IntStream.rangeClosed(1, ITEMS)
                  .mapToObj(i -> "\"i" + i + "\"")
                  .collect(Collectors.joining(",")));

  @TempDir private Path directory;

  @Test
  void activate_goodAndDamagedVersionsUnderLoad_everyAnswerIsOneVersions() throws Exception {
    Path models = directory.resolve("models");
    for (String version : List.of("v1", "v2", "bad")) {
      RandomModel.publish(models, version, ITEMS, version.hashCode());
    }
    Path items = models.resolve("shop/bad/items.txt");
    Files.writeString(items, Files.readString(items).replaceFirst("i7\n", "x7\n"));
    String yaml =
        """
        kafka: none
        model: {directory: "%s", active: shop/v1, backend: vector}
        requests: {maxWait: 10s}\
        """
            .formatted(models);
    try (RunningService service = RunningService.start(directory, yaml);
        var clients = Executors.newFixedThreadPool(2)) {
      Map<String, JsonNode> expected = new HashMap<>();
      for (String version : List.of("v2", "v1")) {
        assertThat(activate(service, version).statusCode()).isEqualTo(200);
        expected.put(version, rank(service).get("items"));
      }
      assertThat(expected.get("v1")).isNotEqualTo(expected.get("v2"));

      var done = new AtomicBoolean();
      Callable<Integer> client =
          () -> {
            int answers = 0;
            for (; !done.get(); answers++) {
              JsonNode answer = rank(service);
              String version = answer.at("/model/version").asText();
              assertThat(answer.get("fallback").isNull()).as(answer.toString()).isTrue();
              assertThat(answer.get("items")).as(version).isEqualTo(expected.get(version));
            }
            return answers;
          };
      List<Future<Integer>> running = new ArrayList<>();
      running.add(clients.submit(client));
      running.add(clients.submit(client));
      try {
        for (int swap = 0; swap < SWAPS; swap++) {
          String version = List.of("v2", "bad", "v1").get(swap % 3);
          HttpResponse<String> answer = activate(service, version);
          assertThat(answer.statusCode()).isEqualTo(version.equals("bad") ? 422 : 200);
        }
      } finally {
        done.set(true);
      }
      int answers = 0;
      for (Future<Integer> one : running) {
        answers += one.get();
      }
      System.out.printf("swap: %d activations under %d requests%n", SWAPS, answers);
      assertThat(answers).isPositive();
    }
  }

  @Test
  void activate_whatMustNotServe_saysWhyAndChangesNothing() throws Exception {
    Path models = directory.resolve("models");
    RandomModel.publish(models, "v1", ITEMS, 1);
    RandomModel.publish(models, "bad", ITEMS, 2);
    Path items = models.resolve("shop/bad/items.txt");
    Files.writeString(items, Files.readString(items).replaceFirst("i7\n", "x7\n"));
    String yaml =
        """
        kafka: none
        model: {directory: "%s", active: shop/v1, backend: vector}\
        """
            .formatted(models);
    try (RunningService service = RunningService.start(directory, yaml)) {
      HttpResponse<String> damaged = activate(service, "bad");
      assertThat(damaged.statusCode()).isEqualTo(422);
      assertThat(damaged.body()).contains("items.txt: was changed", "nothing changed");
      assertThat(activate(service, "v9").statusCode()).isIn(404, 422);
      assertThat(service.post("/v1/models/..%2Fx/v1/activate", "").statusCode()).isIn(400, 404);
      assertThat(rank(service).at("/model/version").asText()).isEqualTo("v1");
    }
  }

  private static HttpResponse<String> activate(RunningService service, String version)
      throws Exception {
    return service.post("/v1/models/shop/" + version + "/activate", "");
  }

  private static JsonNode rank(RunningService service) throws Exception {
    HttpResponse<String> response = service.post("/v1/rank", REQUEST);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return RunningService.json(response);
  }
}
