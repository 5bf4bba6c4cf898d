// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** A request as bytes: right in most of its parts, wrong in any of them. */
final class RandomRequest {

  private static final List<String> METHODS =
      List.of("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "X");
  private static final List<String> PATHS =
      List.of(
          "/v1/rank",
          "/v1/rank",
          "/v1/rank",
          "/v1/events",
          "/v1/events?wait=true",
          "/v1/events?wait=maybe",
          "/v1/items/i7",
          "/v1/items/%00",
          "/v1/items/%C3%28",
          "/v1/users/u1",
          "/v1/users/u1/history",
          "/v1/users/%2e%2e",
          "/v1/models",
          "/v1/models/shop/v9/activate",
          "/v1/models/../x/activate",
          "/v1/models/routing",
          "/openapi.json",
          "/",
          "/nope",
          "//v1//rank",
          "*",
          "http://other/v1/rank");
  private static final List<String> TYPES =
      List.of("application/json", "application/json", "application/x-ndjson", "text/plain", "a/b;");
  private static final List<String> NAMES =
      List.of(
          "user",
          "candidates",
          "limit",
          "context",
          "exclude",
          "excludeActions",
          "filter",
          "explain",
          "model",
          "request",
          "deadlineMillis",
          "id",
          "action",
          "item",
          "time",
          "attributes",
          "available",
          "arms",
          "shadows",
          "surprise");
  private static final List<String> TEXTS =
      List.of(
          "i1",
          "i2",
          "u1",
          "",
          " ",
          "\\u0000",
          "\\ud800",
          "${7*7}",
          "click",
          "item",
          "shop",
          "shop/v1",
          "home",
          "impression",
          "\uD83D\uDE00",
          "a".repeat(2_000));

  private final SplittableRandom random;
  private final String canary;

  RandomRequest(SplittableRandom random, String canary) {
    this.random = random;
    this.canary = canary;
  }

  byte[] bytes() {
    boolean rank = random.nextInt(3) == 0;
    String path = rank ? "/v1/rank" : pick(PATHS);
    String method = rank ? "POST" : pick(METHODS);
    byte[] body = mutated(body(path).getBytes(StandardCharsets.UTF_8), 4);
    StringBuilder head = new StringBuilder();
    head.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: localhost\r\n");
    head.append("Content-Type: ").append(rank ? "application/json" : pick(TYPES)).append("\r\n");
    if (random.nextInt(20) == 0) {
      head.append("Content-Encoding: gzip\r\n");
    }
    if (random.nextInt(20) == 0) {
      head.append("X-").append(canary).append(": ").append("y".repeat(random.nextInt(12_000)));
      head.append("\r\n");
    }
    int wrong = random.nextInt(20) == 0 ? random.nextInt(-5, 50) : 0;
    head.append("Content-Length: ").append(body.length + wrong).append("\r\n\r\n");
    byte[] first = mutated(head.toString().getBytes(StandardCharsets.UTF_8), 30);
    byte[] all = Arrays.copyOf(first, first.length + body.length);
    System.arraycopy(body, 0, all, first.length, body.length);
    return all;
  }

  private String body(String path) {
    if (path.startsWith("/v1/rank") && random.nextBoolean()) {
      return "{\"user\":\"%s\",\"candidates\":[\"i1\",\"i%d\"],\"limit\":%d,\"explain\":%b}"
          .formatted(canary, random.nextInt(60), 1 + random.nextInt(30), random.nextBoolean());
    }
    if (path.startsWith("/v1/events") && random.nextBoolean()) {
      return "{\"id\":\"e%d\",\"action\":\"click\",\"user\":\"%s\",\"item\":\"i%d\",\"time\":%d}"
          .formatted(random.nextInt(), canary, random.nextInt(60), random.nextLong());
    }
    return random.nextInt(8) == 0 ? value(4) : object(3);
  }

  private String object(int depth) {
    StringBuilder text = new StringBuilder("{\"user\":\"").append(canary).append('"');
    int fields = random.nextInt(5);
    for (int i = 0; i < fields; i++) {
      text.append(",\"").append(pick(NAMES)).append("\":").append(value(depth - 1));
    }
    return text.append('}').toString();
  }

  private String value(int depth) {
    return switch (random.nextInt(depth > 0 ? 9 : 7)) {
      case 0 -> String.valueOf(random.nextInt(-3, 40));
      case 1 -> String.valueOf(random.nextLong());
      case 2 -> random.nextBoolean() ? "1e999" : "0.5";
      case 3 -> pick(List.of("true", "false", "null", "NaN"));
      case 4, 5, 6 -> "\"" + pick(TEXTS) + "\"";
      case 7 -> object(depth);
      default -> list(depth);
    };
  }

  private String list(int depth) {
    StringBuilder text = new StringBuilder("[");
    int length = random.nextInt(20) == 0 ? 6_000 : random.nextInt(6);
    String same = length > 10 ? value(0) : null;
    for (int i = 0; i < length; i++) {
      text.append(i == 0 ? "" : ",").append(same != null ? same : value(depth - 1));
    }
    return text.append(']').toString();
  }

  /** Some bytes changed, one time in {@code every}. */
  private byte[] mutated(byte[] bytes, int every) {
    byte[] mutated = bytes.clone();
    int times = random.nextInt(every) == 0 ? random.nextInt(1, 5) : 0;
    for (int i = 0; i < times && mutated.length > 1; i++) {
      int at = random.nextInt(mutated.length);
      switch (random.nextInt(4)) {
        case 0 -> mutated[at] = (byte) random.nextInt(256);
        case 1 -> mutated = Arrays.copyOf(mutated, at);
        case 2 -> mutated[at] = (byte) "{}[]\",:0e\\n".charAt(random.nextInt(11));
        default -> {
          byte[] longer = Arrays.copyOf(mutated, mutated.length + at);
          System.arraycopy(mutated, 0, longer, mutated.length, at);
          mutated = longer;
        }
      }
    }
    return mutated;
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }
}
