// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An id that one place takes, every place takes; one that is refused is refused everywhere. */
class IdsEverywhereTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String UNRESERVED = "[A-Za-z0-9._~-]";

  /** What RFC 3986 lets stand in a segment as it is. */
  private static final String SEGMENT = "[A-Za-z0-9._~!$&'()*+,;=:@-]";

  @TempDir private static Path directory;
  private static RunningService service;

  @BeforeAll
  static void start() throws Exception {
    String yaml =
        "kafka: {servers: embedded, port: 0, partitions: 2, directory: '%s'}"
            .formatted(directory.resolve("kafka"));
    service = RunningService.start(directory, yaml);
    await().atMost(60, SECONDS).until(() -> service.admin("/ready").body().contains("RUNNING"));
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
  }

  /** Every printable ASCII character between two others, and ids that mean something in paths. */
  private static List<String> ids() {
    List<String> ids = new ArrayList<>();
    for (char c = ' '; c <= '~'; c++) {
      ids.add("x" + c + "y");
    }
    Stream.of("é", "ß", "Ω", "日本", "😀", "a\u0301").forEach(ids::add);
    ids.addAll(
        List.of(
            ".",
            "..",
            "...",
            "/",
            "//",
            "a/b/c",
            "a/../b",
            "../../etc/passwd",
            "\\",
            "..\\..",
            "%",
            "%%",
            "%2F",
            "%2e%2e",
            "%zz",
            "100%",
            ";",
            ";jsessionid=1",
            "?",
            "#",
            "&",
            "+",
            "user@example.org",
            "https://shop.example/p?id=1&x=%20#top"));
    return ids;
  }

  @Test
  void id_thatAnEventMayHave_isServedEverywhere() throws Exception {
    List<String> ids = ids();
    postEvents(ids);
    for (String id : ids) {
      for (String encoded :
          List.of(encoded(id, UNRESERVED), encoded(id, SEGMENT), encoded(id, "[a-z]"))) {
        String answer = exchange("GET", "/v1/users/" + encoded, "");
        assertThat(status(answer)).as("%s: %s", encoded, answer).isEqualTo(200);
        JsonNode user = ok(200, answer);
        assertThat(user.get("user").asText()).isEqualTo(id);
        assertThat(user.at("/entries/0/item").asText()).isEqualTo(id);
      }
      JsonNode ranked = ok(200, exchange("POST", "/v1/rank", rank(id)));
      assertThat(ranked.at("/items/0/item").asText()).isEqualTo(id);
      assertThat(ranked.at("/history/events").asInt()).isEqualTo(1);
    }
  }

  @Test
  void id_inTheCatalogue_isReadByPath() throws Exception {
    List<String> ids = ids();
    StringBuilder lines = new StringBuilder();
    for (String id : ids) {
      ObjectNode event = JSON.createObjectNode().put("id", "i").put("action", "item");
      lines.append(event.put("item", id).put("time", 1_600_000_000_001L)).append('\n');
    }
    ok(200, exchange("POST", "/v1/events?wait=true", lines.toString(), "application/x-ndjson"));
    for (String id : ids) {
      JsonNode item = ok(200, exchange("GET", "/v1/items/" + encoded(id, UNRESERVED), ""));
      assertThat(item.get("item").asText()).isEqualTo(id);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"put/it", "put%2Fit", "put\\it", "put;it", "..", "püt it", "put?#it"})
  void id_inTheCatalogue_isWrittenByPath(String id) throws Exception {
    String path = "/v1/items/" + encoded(id, UNRESERVED);
    ok(202, exchange("PUT", path, "{}"));
    await().atMost(30, SECONDS).until(() -> status(exchange("GET", path, "")) == 200);
    assertThat(ok(200, exchange("GET", path, "")).get("item").asText()).isEqualTo(id);
  }

  @Test
  void id_ofAUser_isErasedByPath() throws Exception {
    List<String> ids = List.of("erase/it", "erase%2Fit", "erase\\it", "erase;it", "ü ..", "?#");
    postEvents(ids);
    for (String id : ids) {
      String path = "/v1/users/" + encoded(id, UNRESERVED);
      ok(200, exchange("DELETE", path + "?wait=true", ""));
      ok(404, exchange("GET", path, ""));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\u0001b", "a\tb", "a\u007fb", "\u202ea", " a", "a ", "\ue000"})
  void id_thatIsNone_isRefusedEverywhereForTheSameReason(String id) throws Exception {
    String reason = "user has the unprintable character U+%04X".formatted(odd(id));
    if (odd(id) == ' ') {
      reason = "user begins or ends with a space";
    }
    String body = JsonNodeFactory.instance.textNode(id).toString();
    String event =
        "{\"id\":\"e\",\"action\":\"click\",\"user\":%s,\"item\":\"i\",\"time\":1600000000001}";
    for (String answer :
        List.of(
            exchange("POST", "/v1/events", event.formatted(body)),
            exchange("POST", "/v1/rank", "{\"user\":" + body + "}"),
            exchange("GET", "/v1/users/" + encoded(id, UNRESERVED), ""),
            exchange("DELETE", "/v1/users/" + encoded(id, UNRESERVED), ""))) {
      assertThat(ok(400, answer).toString()).contains(reason);
    }
    String item = reason.replace("user", "item");
    assertThat(ok(400, exchange("GET", "/v1/items/" + encoded(id, UNRESERVED), "")).toString())
        .contains(item);
    assertThat(ok(400, exchange("PUT", "/v1/items/" + encoded(id, UNRESERVED), "{}")).toString())
        .contains(item);
  }

  @ParameterizedTest
  @ValueSource(strings = {"%ff", "a%c0%80", "%ed%a0%80"})
  void path_thatIsNotUtf8_isRefusedByName(String segment) throws Exception {
    assertThat(ok(400, exchange("GET", "/v1/users/" + segment, "")).toString())
        .contains("user is not UTF-8");
  }

  @Test
  void attributes_byPathAndByEvent_areTheSame() throws Exception {
    String attributes =
        """
        {"price":9.50,"sold":true,"sizes":[1,2.0,"3"],"big":12345678901234567890,"small":1e-7,\
        "title":"<&'é"}\
        """;
    ok(202, exchange("PUT", "/v1/items/put", "{\"attributes\":" + attributes + "}"));
    String event = "{\"id\":\"p\",\"action\":\"item\",\"item\":\"post\",\"time\":1,\"attributes\":";
    ok(202, exchange("POST", "/v1/events", event + attributes + "}"));
    for (String item : List.of("put", "post")) {
      await()
          .atMost(30, SECONDS)
          .until(() -> status(exchange("GET", "/v1/items/" + item, "")) == 200);
      JsonNode stored = ok(200, exchange("GET", "/v1/items/" + item, "")).get("attributes");
      assertThat(stored.at("/price/0").asText()).as(item).isEqualTo("9.50");
      assertThat(stored.at("/sizes").toString()).isEqualTo("[\"1\",\"2.0\",\"3\"]");
      assertThat(stored.at("/big/0").asText()).isEqualTo("12345678901234567890");
      assertThat(stored.at("/small/0").asText()).isEqualTo("1e-7");
    }
    assertThat(ok(400, exchange("PUT", "/v1/items/x", "{\"attributes\":{\"a\":[]}}")).toString())
        .contains("attributes an attribute has an empty array");
    assertThat(ok(400, exchange("PUT", "/v1/items/x", "{\"attributes\":{\"a\":[{}]}}")).toString())
        .contains("attributes.a is neither text");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/json-lines",
        "Application/NDJSON; charset=utf-8"
      })
  void lines_ofEveryName_areTaken(String type) throws Exception {
    String body = "\uFEFF" + line("a") + "\r\n\r\n" + line("b") + "\n  \t\n" + line("c") + "\n\n";

    assertThat(ok(200, exchange("POST", "/v1/events?wait=true", body, type)).get("accepted"))
        .isEqualTo(JSON.readTree("3"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/json", "application/x-ndjson"})
  void event_onSeveralLines_isOneEvent(String type) throws Exception {
    String body = "\uFEFF\n" + JSON.readTree(line("pretty")).toPrettyString() + "\n";

    assertThat(ok(200, exchange("POST", "/v1/events?wait=true", body, type)).get("accepted"))
        .isEqualTo(JSON.readTree("1"));
  }

  @Test
  void lines_badOnes_areNumberedAsTheyStand() throws Exception {
    String body = "\n" + line("a") + "\n\n{}\n";
    JsonNode problem = ok(400, exchange("POST", "/v1/events", body, "application/ndjson"));

    assertThat(problem.at("/detail").asText()).startsWith("1 of 2 events refused");
    assertThat(problem.at("/errors/0/line").asInt()).isEqualTo(4);
    assertThat(ok(400, exchange("POST", "/v1/events", "\n\n", "application/ndjson")).toString())
        .contains("nothing but blanks");
  }

  private static String line(String id) {
    return "{\"id\":\"%s\",\"action\":\"click\",\"user\":\"lines\",\"item\":\"i\",\"time\":1600000000001}"
        .formatted(id);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/users/../models",
        "/v1/users/%2e%2e/models",
        "/v1/users/a/../../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..\\..\\etc\\passwd",
        "/v1/users/;/../../openapi.json",
        "/v1//models",
        "/v1/users/"
      })
  void path_withDots_leadsNowhereElse(String path) throws Exception {
    String answer = exchange("GET", path, "");
    assertThat(status(answer)).as(answer).isIn(400, 404);
  }

  private static int odd(String id) {
    return id.codePoints().filter(c -> !Character.isLetterOrDigit(c)).findFirst().orElseThrow();
  }

  private static void postEvents(List<String> ids) throws Exception {
    StringBuilder lines = new StringBuilder();
    for (String id : ids) {
      ObjectNode event =
          JSON.createObjectNode()
              .put("id", "e")
              .put("action", "click")
              .put("user", id)
              .put("item", id)
              .put("time", 1_795_341_600_123L)
              .put("request", id);
      event.putObject("context").put(id, id);
      lines.append(event).append('\n');
    }
    ok(200, exchange("POST", "/v1/events?wait=true", lines.toString(), "application/x-ndjson"));
  }

  private static String rank(String id) {
    var body = JSON.createObjectNode().put("user", id).put("request", id);
    body.putArray("candidates").add(id);
    body.putObject("context").put(id, id);
    return body.toString();
  }

  /** Percent-encoded, but for the characters of a class. */
  private static String encoded(String id, String plain) {
    StringBuilder path = new StringBuilder();
    for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
      String c = String.valueOf((char) b);
      path.append(b > 0 && c.matches(plain) ? c : "%%%02X".formatted(b & 0xff));
    }
    // A segment of dots would be resolved, and one that begins with a semicolon has no name.
    String segment = path.toString().replaceFirst("^;", "%3B");
    return id.matches("\\.{1,2}") ? segment.replace(".", "%2E") : segment;
  }

  private static JsonNode ok(int status, String answer) throws IOException {
    assertThat(status(answer)).as(answer).isEqualTo(status);
    return JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
  }

  private static int status(String answer) {
    return Integer.parseInt(answer.substring(9, 12));
  }

  private static String exchange(String method, String path, String body) throws IOException {
    return exchange(method, path, body, "application/json");
  }

  private static String exchange(String method, String path, String body, String type)
      throws IOException {
    byte[] content = body.getBytes(StandardCharsets.UTF_8);
    String head =
        "%s %s HTTP/1.0\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
            .formatted(method, path, type, content.length);
    try (Socket socket = new Socket("127.0.0.1", service.port())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().write(content);
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
