// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.serving.Certificates;
import io.nextclick.serving.admission.TurnedAway.Reason;
import io.nextclick.serving.health.Draining;
import io.nextclick.serving.server.RawHttp2.Frame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one connection of HTTP/2 may do to the service: several requests, and no more than that. */
@Timeout(30)
class Http2Test {

  private static final int ANSWER_BYTES = 2 << 20;

  @TempDir private static Path directory;
  private static Path keys;
  private static EncryptedServer server;
  private static SSLContext context;
  private static final CountDownLatch LET_GO = new CountDownLatch(1);

  @BeforeAll
  static void start() throws Exception {
    Certificates authority = Certificates.authority(directory, "one");
    keys = authority.server("server");
    server = new EncryptedServer(keys, settings -> {}, new Paths());
    context = authority.context(null);
    assertAnswers();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static RawHttp2 connect(byte... settings) throws IOException {
    return new RawHttp2(context, server.port(), settings);
  }

  private static void assertAnswers() throws Exception {
    try (RawHttp2 other = connect()) {
      other.get(1, "/");
      assertThat(other.status()).isEqualTo(200);
    }
  }

  @Test
  void settings_tellTheBounds_andFurtherStreamsAreRefused() throws Exception {
    try (RawHttp2 client = connect()) {
      Frame settings = client.await(RawHttp2.SETTINGS);
      assertThat(settings).isNotNull();
      assertThat(value(settings, 3)).as("streams").isEqualTo(Http2Bounds.STREAMS);
      assertThat(value(settings, 6)).as("bytes of headers").isEqualTo(8 << 10);

      client.together(() -> {
        for (int i = 0; i <= Http2Bounds.STREAMS; i++) {
          client.post(2 * i + 1, "/");
        }
      });

      Frame refused = client.await(RawHttp2.RST_STREAM);
      while (refused != null && refused.error() != RawHttp2.REFUSED_STREAM) {
        refused = client.await(RawHttp2.RST_STREAM); // others are cut off, in time
      }
      assertThat(refused).isNotNull();
      assertThat(refused.stream()).isEqualTo(2 * Http2Bounds.STREAMS + 1);
    }
  }

  private static int value(Frame settings, int id) {
    ByteBuffer all = ByteBuffer.wrap(settings.payload());
    while (all.hasRemaining()) {
      int found = all.getShort();
      int value = all.getInt();
      if (found == id) {
        return value;
      }
    }
    return -1;
  }

  /** CVE-2023-44487. */
  @Test
  void streamsThatAreResetAtOnce_endTheConnection() throws Exception {
    try (RawHttp2 client = connect()) {
      assertThat(
              isCalmed(
                  client,
                  i -> {
                    client.get(2 * i + 1, "/");
                    client.send(RawHttp2.RST_STREAM, 0, 2 * i + 1, new byte[] {0, 0, 0, 8});
                  }))
          .isTrue();
    }
    assertAnswers();
  }

  @ParameterizedTest
  @ValueSource(ints = {RawHttp2.PING, RawHttp2.SETTINGS})
  void framesThatAreNoRequests_inFloods_endTheConnection(int type) throws Exception {
    try (RawHttp2 client = connect()) {
      byte[] payload = type == RawHttp2.PING ? new byte[8] : RawHttp2.setting(4, 65_535);
      assertThat(isCalmed(client, i -> client.send(type, 0, 0, payload))).isTrue();
    }
    assertAnswers();
  }

  private interface Step {
    void take(int i) throws IOException;
  }

  /** Whether GOAWAY says so, or the connection is closed at once. */
  private static boolean isCalmed(RawHttp2 client, Step step) throws IOException {
    try {
      for (int i = 0; i < 20 * Http2Bounds.EVENTS; i++) {
        step.take(i);
      }
    } catch (IOException closed) {
      return true;
    }
    Frame end = client.await(RawHttp2.GOAWAY);
    return end == null || end.error() == RawHttp2.ENHANCE_YOUR_CALM;
  }

  @Test
  void headersThatAreTooLong_areRefused() throws Exception {
    try (RawHttp2 client = connect()) {
      byte[] value = new byte[12 << 10];
      Arrays.fill(value, (byte) 'x');
      byte[] header =
          ByteBuffer.allocate(6 + value.length)
              .put(new byte[] {0x00, 0x01, 'x', 0x7f, (byte) 0x81, 0x5f}) // 127 + 1 + 95 * 128
              .put(value)
              .array();
      client.send(
          RawHttp2.HEADERS,
          RawHttp2.END_STREAM | RawHttp2.END_HEADERS,
          1,
          RawHttp2.request("GET", "/", header));
      assertThat(client.status()).isIn(431, 400, -1);
    }
    assertAnswers();
  }

  @Test
  void body_thatDoesNotBegin_isCutOff_andTheOtherStreamsGoOn() throws Exception {
    long slow = server.turnedAway.of(Reason.SLOW_BODY);
    try (RawHttp2 client = connect()) {
      client.post(1, "/");
      client.get(3, "/slowly"); // for longer than the body may take to begin

      Map<Integer, Integer> answers = new HashMap<>();
      while (answers.size() < 2) {
        Frame answer = client.await(RawHttp2.HEADERS);
        assertThat(answer).isNotNull();
        answers.put(answer.stream(), client.status(answer));
      }
      assertThat(answers).isEqualTo(Map.of(1, 408, 3, 200));
      client.get(5, "/");
      assertThat(client.status()).isEqualTo(200);
    }
    assertThat(server.turnedAway.of(Reason.SLOW_BODY)).isEqualTo(slow + 1);
  }

  /** The connection's own idle timeout must stay what it is, whatever one body may take. */
  @Test
  void body_thatIsWaitedFor_doesNotShortenTheTimeOfOthers() throws Exception {
    try (RawHttp2 client = connect()) {
      client.get(1, "/held");
      client.post(3, "/");
      client.send(RawHttp2.DATA, RawHttp2.END_STREAM, 3, "{}".getBytes(US_ASCII));
      assertThat(client.status()).isEqualTo(200);
      client.send(RawHttp2.PING, 0, 0, new byte[8]); // bytes that begin no request

      Thread.sleep(EncryptedServer.HEADERS.plusMillis(500)); // less than a connection may be idle
      LET_GO.countDown();

      assertThat(client.status()).as("of the one that was held").isEqualTo(200);
    }
  }

  @Test
  void pings_withoutRequests_doNotKeepAConnection() throws Exception {
    try (RawHttp2 client = connect()) {
      client.get(1, "/");
      assertThat(client.status()).isEqualTo(200);
      Thread pinging =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  while (true) {
                    client.send(RawHttp2.PING, 0, 0, new byte[8]);
                    Thread.sleep(100);
                  }
                } catch (IOException | InterruptedException ended) {
                  Thread.currentThread().interrupt();
                }
              });
      Frame end = client.await(RawHttp2.GOAWAY);
      assertThat(end == null || end.error() == 0).as("the PINGs under way may reset it").isTrue();
      pinging.interrupt();
      pinging.join();
    }
  }

  @Test
  void headers_thatDoNotEnd_closeTheConnection() throws Exception {
    long slow = server.turnedAway.of(Reason.SLOW_HEADERS);
    try (RawHttp2 client = connect()) {
      client.send(RawHttp2.HEADERS, 0, 1, RawHttp2.request("GET", "/")); // CONTINUATION follows
      assertThat(client.await(RawHttp2.HEADERS)).isNull();
    }
    assertThat(server.turnedAway.of(Reason.SLOW_HEADERS)).isEqualTo(slow + 1);
  }

  @Test
  void serviceThatStops_answers_andSaysGoodbye() throws Exception {
    Draining draining = new Draining();
    DrainHandler handler = new DrainHandler(draining);
    handler.setHandler(new Paths());
    try (EncryptedServer stopping = new EncryptedServer(keys, settings -> {}, handler);
        RawHttp2 client = new RawHttp2(context, stopping.port())) {
      client.get(1, "/");
      assertThat(client.status()).isEqualTo(200);
      draining.tell();
      client.get(3, "/");
      Frame first = client.awaitAny(RawHttp2.HEADERS, RawHttp2.GOAWAY);
      Frame then = client.awaitAny(RawHttp2.HEADERS, RawHttp2.GOAWAY);
      assertThat(List.of(first.type(), then.type()))
          .containsExactlyInAnyOrder(RawHttp2.HEADERS, RawHttp2.GOAWAY);
      assertThat((first.type() == RawHttp2.GOAWAY ? first : then).error()).isZero();
      Frame last = client.read();
      while (last != null) {
        last = client.read(); // until it closes
      }
    }
  }

  @Test
  void answer_thatIsNotRead_isGivenUp_withItsMemory() throws Exception {
    try (RawHttp2 client = connect(RawHttp2.setting(4, 0))) { // no byte of an answer
      client.get(1, "/long");
      await().atMost(10, SECONDS).until(() -> server.memory.used() >= ANSWER_BYTES);
      await().atMost(10, SECONDS).until(() -> server.memory.used() == 0);
    }
    assertAnswers();
  }

  /** Answers by path. */
  private static final class Paths extends Handler.Abstract {
    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      request.addIdleTimeoutListener(idle -> false); // as servlets do that are at work
      switch (String.valueOf(request.getHttpURI().getPath())) {
        case "/slowly" -> Thread.sleep(1_300);
        case "/held" -> LET_GO.await();
        default -> {}
      }
      if ("/long".equals(request.getHttpURI().getPath())) {
        response.write(
            false,
            ByteBuffer.allocate(ANSWER_BYTES),
            Callback.from(
                () -> response.write(true, ByteBuffer.allocate(1), callback), callback::failed));
      } else {
        response.write(true, ByteBuffer.wrap("ok".getBytes(US_ASCII)), callback);
      }
      return true;
    }
  }
}
