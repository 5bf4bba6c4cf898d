// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClosedPortTest {

  @TempDir private Path directory;

  @Test
  void startClosed_nobodyIsLetIn_untilItIsOpened() throws Exception {
    int port = freePort();
    NextclickServer server = NextclickServer.startClosed(configuration(port));
    try {
      assertThatThrownBy(() -> connect(port)).isInstanceOf(ConnectException.class);
      try (HttpClient http = HttpClient.newHttpClient()) {
        URI health = URI.create("http://127.0.0.1:" + server.adminPort() + "/healthcheck");
        HttpRequest ask = HttpRequest.newBuilder(health).build();
        assertThat(http.send(ask, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      }
      server.open();
      assertThat(server.port()).isEqualTo(port);
      // Of the limits of a connector, none is lost by opening it late.
      String tooLong = "{\"user\":\"" + "a".repeat(5 << 20) + "\"}";
      RunningService service = RunningService.of(server);
      assertThat(service.post("/v1/rank", tooLong).statusCode()).isEqualTo(413);
      assertThat(service.post("/v1/rank", "{\"user\":\"a\",\"candidates\":[\"x\"]}").statusCode())
          .isEqualTo(200);
    } finally {
      server.close();
    }
    assertThatThrownBy(() -> connect(port)).isInstanceOf(ConnectException.class);
  }

  private static void connect(int port) throws IOException {
    new Socket(InetAddress.getLoopbackAddress(), port).close();
  }

  /** Below the ports that systems give away, so that nobody else gets it meanwhile. */
  private static int freePort() throws IOException {
    for (int port = 20_000 + (int) (ProcessHandle.current().pid() % 10_000); ; port++) {
      try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return probe.getLocalPort();
      } catch (BindException e) {
        continue; // the next one
      }
    }
  }

  private Path configuration(int port) throws IOException {
    return Files.writeString(
        directory.resolve("nextclick.yml"),
        """
        store: {path: "%s"}
        kafka: none
        server:
          applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: %d}]
          adminConnectors: [{type: http, port: 0}]
        """
            .formatted(directory.resolve("store"), port));
  }
}
