// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.serving.NextclickServer;
import io.nextclick.serving.cli.option.CommandFailed;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Asks a running service for ranked lists over HTTP: by each configured model, of items that it
 * knows, and by whatever answers a request that names no model.
 */
final class ServiceCheck {

  /** Enough for the JIT compiler to see what a request runs through. */
  private static final int REQUESTS = 300;

  private static final int CANDIDATES = 200;
  private static final String USER = "check";

  private final NextclickServer server;

  ServiceCheck(NextclickServer server) {
    this.server = server;
  }

  /**
   * Makes the requests.
   *
   * @return what was done, in words
   * @throws CommandFailed if a configured model does not serve, or a call fails
   */
  String run() throws CommandFailed {
    try (DemoClient client = new DemoClient(server, server.port())) {
      Map<String, List<String>> models = server.knownItems(CANDIDATES);
      List<String> named = configured(client.get("/v1/models"), models);
      JsonNode first = client.rank(DemoClient.rankBody(USER));
      long started = ManagementFactory.getRuntimeMXBean().getStartTime();
      double seconds = (System.currentTimeMillis() - started) / 1e3;
      List<String> scored = new ArrayList<>();
      for (String model : named) {
        scored.add(score(client, model, models.getOrDefault(model, List.of())));
      }
      for (int i = 1; i < REQUESTS; i++) {
        client.rank(DemoClient.rankBody(USER));
        for (String model : named) {
          client.rank(request(model, models.getOrDefault(model, List.of())));
        }
      }
      client.get("/v1/models");
      client.text("/");
      client.folded();
      return String.format(
          Locale.ROOT,
          "%.2f s from the start of the JVM to the first ranked list; %s",
          seconds,
          scored.isEmpty()
              ? "no trained model is configured, %s ranks"
                  .formatted(first.path("model").path("name").asText())
              : String.join(", ", scored));
    }
  }

  /** The loaded models that stand for the configured ones. */
  private static List<String> configured(JsonNode view, Map<String, List<String>> loaded)
      throws CommandFailed {
    List<String> wanted = new ArrayList<>();
    view.path("routing").path("arms").fieldNames().forEachRemaining(wanted::add);
    view.path("routing").path("shadows").forEach(shadow -> wanted.add(shadow.asText()));
    List<String> found = new ArrayList<>();
    for (String reference : wanted) {
      found.add(
          loaded.keySet().stream()
              .filter(id -> id.equals(reference) || id.startsWith(reference + "/"))
              .findFirst()
              .orElseThrow(() -> missing(reference, view.path("refused"))));
    }
    return found;
  }

  private static CommandFailed missing(String reference, JsonNode refused) {
    return new CommandFailed(
        refused.isEmpty()
            ? "the configured model %s does not serve: model.directory holds no version of it"
                .formatted(reference)
            : "the configured model %s does not serve: %s".formatted(reference, refused));
  }

  private static ObjectNode request(String model, List<String> items) {
    ObjectNode body = DemoClient.rankBody(USER).put("model", model).put("limit", 10);
    items.forEach(body.putArray("candidates")::add);
    return body;
  }

  private static String score(DemoClient client, String model, List<String> items)
      throws CommandFailed {
    JsonNode list = client.rank(request(model, items));
    String answered =
        list.path("model").path("name").asText()
            + "/"
            + list.path("model").path("version").asText();
    if (!list.path("fallback").isNull() || !answered.equals(model)) {
      throw new CommandFailed(
          "model %s did not answer: %s did, because of %s; the log says more"
              .formatted(model, answered, list.path("fallback")));
    }
    if (list.path("items").isEmpty()) {
      throw new CommandFailed(
          "model %s listed none of %d items that it knows: are they all unavailable in the catalogue?"
              .formatted(model, items.size()));
    }
    for (JsonNode item : list.path("items")) {
      JsonNode score = item.hasNonNull("score") ? item.get("score") : item.path("probability");
      if (!score.isNumber()) {
        throw new CommandFailed("model %s gave %s".formatted(model, item));
      }
    }
    return "%s scored %d items".formatted(model, items.size());
  }
}
