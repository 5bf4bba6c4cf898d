// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.admission.Weight;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OverloadHandlerTest {

  private final AdmissionGate gate = new AdmissionGate(1, 0, Duration.ZERO);
  private final HttpClient http = HttpClient.newHttpClient();
  private final Server server = new Server(0);

  @BeforeEach
  void startServer() throws Exception {
    server.setHandler(new Accepting());
    server.insertHandler(new OverloadHandler(gate));
    server.start();
  }

  @AfterEach
  void stopServer() throws Exception {
    http.close();
    server.stop();
  }

  @Test
  void rank_gateIsFull_isRefusedAsAProblemUntilThereIsRoom() throws Exception {
    CountDownLatch leave = new CountDownLatch(1);
    Thread holder = hold(leave);

    HttpResponse<String> refused = post("/v1/rank");

    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).contains("1");
    assertThat(refused.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(refused.body()).contains("\"status\":503", AdmissionGate.OVERLOADED);
    assertThat(gate.refused()).isEqualTo(1);
    leave.countDown();
    holder.join();
    assertThat(post("/v1/rank").statusCode()).isEqualTo(200);
    assertThat(gate.refused()).isEqualTo(1);
  }

  @Test
  void otherPaths_gateIsFull_areLetIn() throws Exception {
    CountDownLatch leave = new CountDownLatch(1);
    Thread holder = hold(leave);

    assertThat(post("/v1/events").statusCode()).isEqualTo(200);
    leave.countDown();
    holder.join();
  }

  private HttpResponse<String> post(String path) throws Exception {
    int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .POST(BodyPublishers.ofString("{\"user\":\"u1\"}"))
            .build(),
        BodyHandlers.ofString());
  }

  /** Takes the gate's only permit. */
  private Thread hold(CountDownLatch leave) throws InterruptedException {
    CountDownLatch inside = new CountDownLatch(1);
    Thread holder =
        Thread.ofPlatform()
            .start(() ->
                gate.run(
                    Weight.LIGHT,
                    "a",
                    System.nanoTime() + Duration.ofMinutes(1).toNanos(),
                    () -> {
                      inside.countDown();
                      try {
                        leave.await();
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                      return 0;
                    }));
    inside.await();
    return holder;
  }

  /** Stands for the service. */
  private static final class Accepting extends Handler.Abstract {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      response.setStatus(200);
      callback.succeeded();
      return true;
    }
  }
}
