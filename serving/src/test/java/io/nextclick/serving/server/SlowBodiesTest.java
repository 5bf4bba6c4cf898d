// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.stream.Stream;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SlowBodiesTest {

  private static final byte[] BODY = new byte[78];
  private static final Duration GENEROUS = Duration.ofMinutes(1);

  static Stream<BodyPublisher> bodies() {
    return Stream.of(
        BodyPublishers.ofByteArray(BODY),
        BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(BODY))); // of unknown length
  }

  @ParameterizedTest
  @MethodSource("bodies")
  @SuppressWarnings("removal") // as the settings of Dropwizard do it
  void bodyThatIsThere_serviceStalls_isReadToItsEnd(BodyPublisher body) throws Exception {
    Server server = new Server();
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setMinRequestDataRate(512);
    ServerConnector connector =
        new ServerConnector(server, new HttpConnectionFactory(configuration));
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler();
    context.addServlet(new ServletHolder(new Stalling()), "/");
    server.setHandler(context);
    SlowBodies.cutOff(server, new SlowBodies.Times(GENEROUS, GENEROUS));
    server.start();
    try (HttpClient http = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:" + connector.getLocalPort() + "/");
      HttpRequest request = HttpRequest.newBuilder(uri).POST(body).build();
      assertThat(http.send(request, BodyHandlers.discarding()).statusCode()).isEqualTo(200);
    } finally {
      server.stop();
    }
  }

  /** Stops for longer than the grace and the rate allow, between the bytes and their end. */
  @SuppressWarnings("serial")
  private static final class Stalling extends HttpServlet {
    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) {
      try {
        request.getInputStream().readNBytes(BODY.length);
        Thread.sleep(SlowBodies.GRACE.toMillis() + 500);
        response.setStatus(request.getInputStream().read() < 0 ? 200 : 500);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
