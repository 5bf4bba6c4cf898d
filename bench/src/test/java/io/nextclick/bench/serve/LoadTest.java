// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoadTest {

  private static final byte[][] REQUESTS = {
    "POST /v1/rank HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
        .getBytes(StandardCharsets.US_ASCII)
  };
  private static final String FIRST_MODEL = "{\"items\":[],\"fallback\":null}";

  private final AtomicInteger asked = new AtomicInteger();
  private HttpServer server;

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  }

  @AfterEach
  void stopServer() {
    server.stop(0);
  }

  @Test
  void openLoop_serverThatStallsOnce_countsTheWaitOfEveryRequestThatWasDue() throws Exception {
    try (Load load =
        loadOf(exchange -> {
          if (asked.getAndIncrement() == 0) {
            stall(400);
          }
          answer(exchange, 200, FIRST_MODEL);
        })) {
      LoadResult result = load.openLoop(100, Duration.ofSeconds(1));

      // The server has one thread: some 40 of 100 requests were due while it stalled.
      assertThat(result.p99Millis()).isGreaterThan(200);
      assertThat(result.good()).isEqualTo(result.sent());
      assertThat(asked.get()).isGreaterThan(50);
    }
  }

  @Test
  void openLoop_answersOfEachKind_areToldApart() throws Exception {
    try (Load load =
        loadOf(exchange -> {
          switch (asked.getAndIncrement() % 4) {
            case 0 -> answer(exchange, 200, FIRST_MODEL);
            case 1 -> answer(exchange, 200, "{\"fallback\":\"deadline\"}");
            case 2 -> answer(exchange, 503, "{}");
            default -> answer(exchange, 500, "{}");
          }
        })) {
      LoadResult result = load.openLoop(400, Duration.ofMillis(500));

      double total = asked.get() / 0.5;
      assertThat(result.sent()).isEqualTo(total);
      assertThat(result.good()).isCloseTo(total / 4, offset(2.0));
      assertThat(result.refused()).isCloseTo(total / 4, offset(2.0));
      assertThat(result.failed()).isCloseTo(asked.get() / 2, offset(2L));
      assertThat(result.meetsObjective()).isFalse();
    }
  }

  @Test
  void openLoop_serverThatIsGone_failsEveryRequest() throws Exception {
    Load load = loadOf(exchange -> {});
    server.stop(0);

    LoadResult result = load.openLoop(100, Duration.ofMillis(200));

    assertThat(result.good()).isZero();
    assertThat(result.failed() / 0.2).isEqualTo(result.sent());
  }

  @Test
  void closedLoop_countsAnswers() throws Exception {
    try (Load load =
        loadOf(exchange -> {
          asked.incrementAndGet();
          answer(exchange, 200, FIRST_MODEL);
        })) {
      load.closedLoop(1, Duration.ofSeconds(30), 10);

      assertThat(asked.get()).isEqualTo(10);
    }
  }

  @Test
  void scores_ofAnAnswer_areReadInOrder() throws Exception {
    String list = "{\"items\":[{\"score\":0.5},{\"score\":0.25}],\"fallback\":null}";
    try (Load load = loadOf(exchange -> answer(exchange, 200, list))) {
      assertThat(load.scores(0)).containsExactly(0.5, 0.25);
    }
  }

  private Load loadOf(Handler handler) {
    server.createContext("/", handler::handle);
    server.start();
    return new Load(server.getAddress().getPort(), REQUESTS, 1);
  }

  private interface Handler {
    void handle(HttpExchange exchange) throws IOException;
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    exchange.getRequestBody().readAllBytes();
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static void stall(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
