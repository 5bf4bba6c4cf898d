// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Bad input gets a 4xx that says what and where; nothing gets a 5xx. */
class HttpTest {

  private static final String CANARY = "canary-7f3a";
  private static final List<String> METHODS =
      List.of("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "MADEUP");

  @TempDir private static Path directory;
  private static RunningService service;
  private static final ListAppender<ILoggingEvent> LOGGED = new ListAppender<>();

  @BeforeAll
  static void start() throws Exception {
    service =
        RunningService.start(
            directory, "kafka: none\nrequests: {maxBody: 100KiB}\nranking: {maxCandidates: 50}");
    LOGGED.start();
    root().addAppender(LOGGED);
  }

  @AfterAll
  static void stop() throws Exception {
    root().detachAppender(LOGGED);
    service.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                                        | user               | is missing
          {"user":null}                             | user               | is missing
          {"user":""}                               | user               | is empty
          {"user":"a\\u0000"}                       | user               | U+0000
          {"user":" a"}                             | user               | space
          {"user":7}                                | user               | wrong type
          {"user":true}                             | user               | wrong type
          {"user":["a"]}                            | user               | wrong type
          {"user":"a","foo":1}                      | foo                | is not a field
          {"user":"a","candidats":["b"]}            | candidats          | did you mean candidates?
          {"user":"a","userId":"b"}                 | userId             | did you mean user?
          {"user":"a","limit":0}                    | limit              | between 1 and 1000
          {"user":"a","limit":1001}                 | limit              | between 1 and 1000
          {"user":"a","limit":1.5}                  | limit              | wrong type
          {"user":"a","limit":"5"}                  | limit              | wrong type
          {"user":"a","limit":99999999999}          | limit              | wrong type
          {"user":"a","deadlineMillis":0}           | deadlineMillis     | between 1 and 60000
          {"user":"a","explain":"yes"}              | explain            | wrong type
          {"user":"a","explain":1}                  | explain            | wrong type
          {"user":"a","candidates":"b"}             | candidates         | wrong type
          {"user":"a","candidates":["b",7]}         | candidates[1]      | wrong type
          {"user":"a","candidates":["b",null]}      | candidates[1]      | is missing
          {"user":"a","candidates":["b",""]}        | candidates[1]      | is empty
          {"user":"a","candidates":[{"fields":{}}]} | candidates[0].item | is missing
          {"user":"a","candidates":[{"item":7}]}    | candidates[0].item | is not a string
          {"user":"a","candidates":["b",{"item":""}]} | candidates[1]    | is empty
          {"user":"a","candidates":[{"item":"b","feilds":{}}]} | candidates[0].feilds | mean fields?
          {"user":"a","candidates":[{"item":"b","fields":[1]}]} | candidates[0].fields | no object
          {"user":"a","candidates":["a",{"item":"b","fields":{"price":"1"}}]} | candidates[1].fields.price | neither a number nor null
          {"user":"a","candidates":[{"item":"b","fields":{"price":1e39}}]} | candidates[0].fields.price | is not a number between
          {"user":"a","candidates":[{"item":"b","fields":{"":1}}]} | candidates[0].fields.? | name that is empty
          {"user":"a","exclude":["\\u202e"]}        | exclude[0]         | U+202E
          {"user":"a","context":{"x":null}}         | context.x          | neither text
          {"user":"a","context":{"x":["y"]}}        | context.x          | neither text
          {"user":"a","model":"nope"}               | model              | is not loaded
          {"user":"a","excludeActions":["stare"]}   | excludeActions[0]  | is no action
          {"user":"a","excludeActions":"click"}     | excludeActions     | wrong type
          {"user":"a","filter":{"colour":[]}}       | filter.colour      | has no values
          {"user":"a","filter":{"colour":null}}     | filter.colour      | has no values
          {"user":"a","filter":{"colour":[null]}}   | filter.colour[0]   | neither text
          {"user":"a","filter":{"colour":{}}}       | filter.colour[0]   | neither text
          {"user":"a","filter":{"":["red"]}}        | filter             | is empty
          {"user":"a","request":""}                 | request            | is empty
          []                                        | body               | is not one JSON object
          7                                         | body               | is not one JSON object
          {"user":"a"} {"user":"b"}                 | body               | is not one JSON object
          """)
  void rank_badBody_is400WithTheField(String body, String field, String message) throws Exception {
    HttpResponse<String> response = service.post("/v1/rank", body);

    JsonNode problem = assertProblem(response, 400);
    assertThat(problem.at("/errors/0/field").asText()).isEqualTo(field);
    assertThat(problem.at("/errors/0/message").asText()).contains(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{\"user\":\"a\",\"user\":\"b\"}",
        "{\"user\":\"a\",\"limit\":NaN}",
        "{\"user\":\"a\",}",
        "{'user':'a'}",
        "{\"user\":\"a\"}}",
        "null"
      })
  void rank_notJson_is400(String body) throws Exception {
    assertProblem(service.post("/v1/rank", body), 400);
  }

  @Test
  void rank_deepNesting_is400() throws Exception {
    assertProblem(service.post("/v1/rank", "[".repeat(40_000)), 400);
    String context = "{\"user\":\"a\",\"context\":" + "{\"x\":".repeat(500);
    assertProblem(service.post("/v1/rank", context), 400);
  }

  @Test
  void rank_notUtf8_is400() throws Exception {
    byte[] body = "{\"user\":\"ä\"}".getBytes(StandardCharsets.ISO_8859_1);
    HttpResponse<String> response =
        service.send(
            "POST",
            "/v1/rank",
            BodyPublishers.ofByteArray(body),
            "Content-Type",
            "application/json");

    assertThat(assertProblem(response, 400).get("detail").asText()).contains("not UTF-8");
  }

  @Test
  void rank_candidatesAroundTheLimit_areCountedExactly() throws Exception {
    assertThat(service.post("/v1/rank", withCandidates(50)).statusCode()).isEqualTo(200);
    assertThat(assertProblem(service.post("/v1/rank", withCandidates(51)), 400).toString())
        .contains("has 51 items, at most 50");
  }

  @Test
  void rank_withoutAnyModel_answersInCallersOrder() throws Exception {
    HttpResponse<String> response =
        service.post("/v1/rank", "{\"user\":\"a\",\"candidates\":[\"y\",\"x\"]}");

    JsonNode list = RunningService.json(response);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(list.get("fallback").asText()).isEqualTo("no-model");
    assertThat(list.at("/items/0/item").asText()).isEqualTo("y");
    assertThat(list.at("/items/0/probability").isNull()).isTrue();
    assertThat(list.at("/items/0/score").asDouble()).isEqualTo(1);
    assertThat(list.at("/model/calibrated").asBoolean(true)).isFalse();
    assertThat(list.fieldNames())
        .toIterable()
        .containsExactly("request", "model", "history", "items", "fallback", "timing");
  }

  @Test
  void body_aroundTheLimit_is413Above() throws Exception {
    int limit = 100 << 10;
    assertProblem(service.post("/v1/rank", " ".repeat(limit)), 400);
    assertProblem(service.post("/v1/rank", " ".repeat(limit + 1)), 413);
    InputStream endless = InputStream.nullInputStream();
    HttpResponse<String> chunked =
        service.send(
            "POST",
            "/v1/events",
            BodyPublishers.ofInputStream(() ->
                new java.io.SequenceInputStream(
                    new java.io.ByteArrayInputStream(new byte[limit + 1]), endless)),
            "Content-Type",
            "application/json");
    assertProblem(chunked, 413);
  }

  @Test
  void body_compressed_is415() throws Exception {
    for (String encoding : List.of("gzip", "br", "deflate", "made-up")) {
      assertProblem(
          service.send(
              "POST",
              "/v1/rank",
              BodyPublishers.ofString("{}"),
              "Content-Type",
              "application/json",
              "Content-Encoding",
              encoding),
          415);
    }
  }

  @Test
  void headersAndUri_tooLong_are431And414() throws Exception {
    HttpResponse<String> headers =
        service.send("GET", "/v1/models", BodyPublishers.noBody(), "X-Long", "a".repeat(9_000));
    assertProblem(headers, 431);
    assertProblem(service.get("/v1/models?" + "a".repeat(9_000)), 414);
  }

  @Test
  void negotiation_wrongTypes_are415And406() throws Exception {
    assertProblem(
        service.send(
            "POST", "/v1/rank", BodyPublishers.ofString("{}"), "Content-Type", "text/plain"),
        415);
    assertProblem(
        service.send("GET", "/v1/models", BodyPublishers.noBody(), "Accept", "image/png"), 406);
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "application/json; utf-8"})
  void header_thatCannotBeRead_isNamed(String type) throws Exception {
    HttpResponse<String> response =
        service.send("POST", "/v1/rank", BodyPublishers.ofString("{}"), "Content-Type", type);

    assertThat(assertProblem(response, 400).get("detail").asText())
        .contains("The header Content-Type cannot be read");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nope",
        "/v1",
        "/v1/users/",
        "/v1/users/%00",
        "/v1/users/%0d%0aX",
        "/v1/users/..%2f..",
        "/v1/users/%e2%80%ae",
        "/v1/users/%ff",
        "/v1/items/%20a",
        "/v1/users/a/b"
      })
  void path_thatIsNone_isAProblem(String path) throws Exception {
    assertThat(assertProblem(service.get(path)).get("status").asInt()).isIn(400, 404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/openapi.json",
        "/v1/rank",
        "/v1/events",
        "/v1/users/a",
        "/v1/items/a",
        "/v1/models"
      })
  void everyMethod_onEveryPath_answersAsDocumented(String path) throws Exception {
    JsonNode paths = RunningService.json(service.get("/openapi.json")).get("paths");
    JsonNode documented =
        paths.has(path)
            ? paths.get(path)
            : paths.get(
                path.replaceAll("/a$", "").concat(path.contains("users") ? "/{user}" : "/{item}"));
    for (String method : METHODS) {
      if (List.of("HEAD", "OPTIONS").contains(method)) {
        continue;
      }
      HttpResponse<String> response = service.send(method, path, BodyPublishers.noBody());
      if (documented.has(method.toLowerCase(java.util.Locale.ROOT))) {
        assertThat(response.statusCode()).as(method + " " + path).isNotIn(405, 500);
      } else {
        assertProblem(response, 405);
      }
      assertThat(response.headers().firstValue("Server")).isEmpty();
    }
  }

  @Test
  void log_thatIsNotThere_is503WithRetryAfter() throws Exception {
    String event =
        "{\"id\":\"e\",\"action\":\"click\",\"user\":\"a\",\"item\":\"b\",\"time\":1600000000001}";
    HttpResponse<String> response = service.post("/v1/events", event);

    assertProblem(response, 503);
    assertThat(response.headers().firstValue("Retry-After")).isPresent();
  }

  @Test
  void events_badLines_areListedAndBounded() throws Exception {
    String good =
        "{\"id\":\"e\",\"action\":\"click\",\"user\":\"a\",\"item\":\"b\",\"time\":1600000000001}\n";
    HttpResponse<String> response =
        service.send(
            "POST",
            "/v1/events",
            BodyPublishers.ofString(good + "{}\n" + good + "\n" + "x\n".repeat(100)),
            "Content-Type",
            "application/x-ndjson");

    JsonNode problem = assertProblem(response, 400);
    assertThat(problem.get("detail").asText())
        .startsWith("101 of 103 events refused, none published");
    assertThat(problem.get("errors")).hasSize(20);
    assertThat(problem.at("/errors/0/line").asInt()).isEqualTo(2);
    assertThat(problem.at("/errors/0/reason").asText()).isEqualTo("missing-field");
    assertThat(problem.at("/errors/1/line").asInt()).isEqualTo(5);
    assertThat(problem.at("/errors/1/reason").asText()).isEqualTo("not-json");
  }

  @Test
  void console_isSelfContainedUnderAStrictPolicy() throws Exception {
    HttpResponse<String> page = service.get("/");

    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .contains("default-src 'none'")
        .doesNotContain("unsafe");
    assertThat(page.body()).doesNotContain("http://", "https://", "onclick", "style=");
    assertThat(service.get("/console.js").body()).doesNotContain("innerHTML", "eval(", "http");
    assertThat(service.get("/console.css").statusCode()).isEqualTo(200);
  }

  @Test
  void admin_port_answersHealthReadinessAndMetrics() throws Exception {
    service.post("/v1/rank", "{\"user\":\"" + CANARY + "\",\"candidates\":[\"x\"]}");

    assertThat(service.admin("/healthcheck").statusCode()).isEqualTo(200);
    assertThat(service.admin("/ready").statusCode()).isEqualTo(200);
    HttpResponse<String> metrics = service.admin("/metrics");
    assertThat(metrics.statusCode()).isEqualTo(200);
    assertThat(metrics.body())
        .contains(
            "nextclick_rank_seconds_count",
            "nextclick_fold_records_total",
            "nextclick_rank_fallbacks_total{reason=\"no-model\"}")
        .doesNotContain(CANARY);
    assertThat(service.get("/metrics").statusCode()).isEqualTo(404);
  }

  @Test
  void socket_ambiguousRequest_getsOneRefusal() throws Exception {
    for (String request :
        List.of(
            "POST /v1/rank HTTP/1.1\r\n"
                + "Host: localhost\r\n"
                + "Content-Length: 1\r\n"
                + "Content-Length: 2\r\n\r\n"
                + "ab",
            "POST /v1/rank HTTP/1.1\r\n"
                + "Host: localhost\r\n"
                + "Content-Length: 5\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
                + "0\r\n\r\n"
                + "GET / HTTP/1.1\r\n"
                + "Host: localhost\r\n\r\n",
            "POST /v1/rank HTTP/1.1\r\n"
                + "Host: localhost\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
                + "zz\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: 1\r\n folded\r\n\r\n",
            "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
            "\0\1\2\r\n\r\n")) {
      try (Socket socket = new Socket("127.0.0.1", service.port())) {
        socket.setSoTimeout(20_000);
        OutputStream out = socket.getOutputStream();
        out.write(request.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        String answer =
            new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertThat(answer).as(request).matches("(?s)HTTP/1.1 (4\\d\\d|505) .*");
        assertThat(answer.split("HTTP/1.1 ", -1)).as(request).hasSize(2);
      }
    }
  }

  private static String withCandidates(int count) {
    String items =
        java.util.stream.IntStream.range(0, count)
            .mapToObj(i -> "\"i" + i + "\"")
            .collect(java.util.stream.Collectors.joining(","));
    return "{\"user\":\"a\",\"candidates\":[" + items + "]}";
  }

  private static JsonNode assertProblem(HttpResponse<String> response, int status)
      throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return assertProblem(response);
  }

  private static JsonNode assertProblem(HttpResponse<String> response) throws Exception {
    assertThat(response.headers().firstValue("Content-Type").orElse(""))
        .as("%d %s", response.statusCode(), response.body())
        .startsWith("application/problem+json");
    JsonNode problem = RunningService.json(response);
    assertThat(problem.get("status").asInt()).isEqualTo(response.statusCode());
    assertThat(problem.get("title").asText()).isNotBlank();
    assertThat(problem.get("detail").asText()).isNotBlank();
    return problem;
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }
}
