// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.features.json.Json;
import io.nextclick.serving.NextclickServer;
import io.nextclick.serving.cli.option.CommandFailed;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;

/** Speaks to the service over HTTP, as any client would. */
final class DemoClient implements AutoCloseable {

  private static final JsonMapper JSON = Json.mapper().build();
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final HttpClient http;
  private final String base;
  private final String admin;
  private final String key;

  /** A client of the service in this process, whose port for requests may be closed still. */
  DemoClient(NextclickServer server, int port) {
    base = loopback(server.url().replaceFirst(":-?\\d+$", ":" + port));
    admin = loopback(server.adminUrl());
    key = server.ownKey();
    http =
        HttpClient.newBuilder()
            .connectTimeout(TIMEOUT)
            .sslContext(OwnCertificates.trust(server.certificates()))
            .build();
  }

  private static String loopback(String url) {
    return url.replace("localhost", "127.0.0.1");
  }

  /** A ranking request for a user, with the given fields added. */
  static ObjectNode rankBody(String user) {
    return JSON.createObjectNode().put("user", user);
  }

  JsonNode rank(ObjectNode body) throws CommandFailed {
    return json("POST", "/v1/rank", body.toString(), 200);
  }

  /** The candidates in the order in which a model ranks them. */
  List<String> order(String user, List<String> candidates, String model) throws CommandFailed {
    ObjectNode body = rankBody(user).put("model", model).put("limit", candidates.size());
    candidates.forEach(body.putArray("candidates")::add);
    return items(rank(body));
  }

  static List<String> items(JsonNode list) {
    return list.get("items").valueStream().map(entry -> entry.get("item").asText()).toList();
  }

  JsonNode get(String path) throws CommandFailed {
    return json("GET", path, "", 200);
  }

  JsonNode post(String path, String body, int status) throws CommandFailed {
    return json("POST", path, body, status);
  }

  /** The text at a path of the application port. */
  String text(String path) throws CommandFailed {
    return send("GET", base + path, "", 200);
  }

  /** Records folded so far, by the metrics of the admin port. */
  long folded() throws CommandFailed {
    return metric("nextclick_fold_records_total");
  }

  /** Records that the rankers were fitted to, by the metrics of the admin port. */
  long fitted() throws CommandFailed {
    return metric("nextclick_baselines_fitted_records");
  }

  /** The sum of all whose names begin so. */
  private long metric(String name) throws CommandFailed {
    return send("GET", admin + "/metrics", "", 200)
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** The answer of the admin port's /ready. */
  String ready() throws CommandFailed {
    return send("GET", admin + "/ready", "", 200);
  }

  private JsonNode json(String method, String path, String body, int status) throws CommandFailed {
    String answer = send(method, base + path, body, status);
    try {
      return JSON.readTree(answer);
    } catch (IOException e) {
      throw new CommandFailed(method + " " + path + " did not answer with JSON", e);
    }
  }

  private String send(String method, String url, String body, int status) throws CommandFailed {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(TIMEOUT)
            .header("authorization", "Bearer " + key)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (!body.isEmpty()) {
      request.header("content-type", "application/json");
    }
    try {
      HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
      if (response.statusCode() != status) {
        throw new CommandFailed(
            "%s %s answered %d instead of %d: %s"
                .formatted(method, url, response.statusCode(), status, response.body()));
      }
      return response.body();
    } catch (IOException e) {
      throw new CommandFailed(method + " " + url + " failed: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailed("interrupted", e);
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
