// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.serving.admission.MemoryBudget;
import io.nextclick.serving.admission.TurnedAway;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WholeBodiesTest {

  private static final int MAX = 300_000;

  private final MemoryBudget memory = new MemoryBudget(8 << 20);
  private final HttpClient http = HttpClient.newHttpClient();
  private final Server server = new Server(0);

  @BeforeEach
  void start() throws Exception {
    server.setHandler(new Echo());
    server.insertHandler(new WholeBodies(MAX, memory, new TurnedAway()));
    server.start();
  }

  @AfterEach
  void stop() throws Exception {
    http.close();
    server.stop();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4_096, 4_097, 100_000, MAX})
  void body_ofAnySize_comesThroughAsItIs(int length) throws Exception {
    byte[] body = new byte[length];
    new Random(length).nextBytes(body);

    assertThat(post(BodyPublishers.ofByteArray(body)).body()).isEqualTo(body);
    assertThat(post(chunked(body)).body()).isEqualTo(body);
    await().atMost(10, SECONDS).until(() -> memory.used() == 0);
  }

  @Test
  void body_longerThanTheLimit_is413() throws Exception {
    byte[] body = new byte[MAX + 1];

    assertThat(post(BodyPublishers.ofByteArray(body)).statusCode()).isEqualTo(413);
    assertThat(post(chunked(body)).statusCode()).isEqualTo(413);
    await().atMost(10, SECONDS).until(() -> memory.used() == 0);
  }

  /** An answer before the client has sent all would be lost with the connection. */
  @Test
  void body_muchLongerThanTheLimit_getsItsAnswerNoReset() throws Exception {
    for (int i = 0; i < 20; i++) {
      assertThat(post(BodyPublishers.ofByteArray(new byte[3 * MAX])).statusCode()).isEqualTo(413);
    }
  }

  @Test
  void body_announcedTooLongByWhoWaits_isAnsweredAtOnce() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + "/"))
            .expectContinue(true)
            .POST(BodyPublishers.ofByteArray(new byte[9 * MAX]))
            .build();
    assertThat(http.send(request, BodyHandlers.ofByteArray()).statusCode()).isEqualTo(413);
  }

  @Test
  void body_budgetIsSpent_is503UntilItIsNot() throws Exception {
    byte[] body = new byte[200_000];
    MemoryBudget.Share others = memory.open();
    assertThat(others.parse(MAX)).isTrue();

    for (BodyPublisher publisher :
        new BodyPublisher[] {BodyPublishers.ofByteArray(body), chunked(body)}) {
      HttpResponse<byte[]> refused = post(publisher);
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("Retry-After")).contains("1");
      assertThat(new String(refused.body(), StandardCharsets.UTF_8)).contains("in parts");
    }
    assertThat(memory.refused()).isEqualTo(2);
    assertThat(post(BodyPublishers.ofByteArray(new byte[100])).statusCode())
        .as("small")
        .isEqualTo(200);
    others.close();
    assertThat(post(BodyPublishers.ofByteArray(body)).statusCode()).isEqualTo(200);
    await().atMost(10, SECONDS).until(() -> memory.used() == 0);
  }

  @Test
  void body_cutOff_givesItsMemoryBack() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port())) {
      socket
          .getOutputStream()
          .write(
              "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc"
                  .getBytes(StandardCharsets.US_ASCII));
      await().atMost(10, SECONDS).until(() -> memory.used() > 0);
      socket.shutdownOutput();
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 400");
    }
    await().atMost(10, SECONDS).until(() -> memory.used() == 0);
  }

  private HttpResponse<byte[]> post(BodyPublisher body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + "/")).POST(body).build();
    return http.send(request, BodyHandlers.ofByteArray());
  }

  private int port() {
    return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
  }

  private static BodyPublisher chunked(byte[] body) {
    return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));
  }

  private static final class Echo extends Handler.Abstract {
    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      response.write(
          true, ByteBuffer.wrap(Content.Source.asInputStream(request).readAllBytes()), callback);
      return true;
    }
  }
}
