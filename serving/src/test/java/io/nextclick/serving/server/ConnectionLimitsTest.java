// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.serving.admission.TurnedAway;
import io.nextclick.serving.admission.TurnedAway.Reason;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.DefaultHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConnectionLimitsTest {

  private static final int CONNECTIONS = 20;
  private static final int PER_ADDRESS = 5;

  private final TurnedAway turnedAway = new TurnedAway();
  private final ConnectionLimits limits =
      new ConnectionLimits(
          new ConnectionLimits.Bounds(CONNECTIONS, PER_ADDRESS, Duration.ofMinutes(1)), turnedAway);
  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);
  private final List<Socket> sockets = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    server.addConnector(connector);
    server.setHandler(new DefaultHandler());
    limits.watch(connector);
    server.start();
  }

  @AfterEach
  void stop() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
    server.stop();
  }

  @Test
  void connections_moreThanTheBound_theOneThatWaitedLongestGoes() throws Exception {
    Socket first = open(InetAddress.getLoopbackAddress());
    await().atMost(10, SECONDS).until(() -> limits.count() == 1); // before the others are
    for (int i = 1; i < CONNECTIONS; i++) {
      open(InetAddress.getLoopbackAddress());
    }
    await().atMost(10, SECONDS).until(() -> limits.count() == CONNECTIONS);

    Socket newest = open(InetAddress.getLoopbackAddress());

    assertThat(first.getInputStream().read()).as("closed").isNegative();
    assertThat(answers(newest)).isTrue();
    assertThat(turnedAway.of(Reason.CONNECTIONS)).isEqualTo(1);
    assertThat(limits.count()).isEqualTo(CONNECTIONS);
  }

  @Test
  void connections_ofOneAddress_areBoundedAndThoseOfOthersAreNot() throws Exception {
    Optional<InetAddress> own =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
            .findFirst();
    Assumptions.assumeTrue(own.isPresent(), "no address but the loopback's");
    List<Socket> first = new ArrayList<>();
    for (int i = 0; i < PER_ADDRESS; i++) {
      first.add(open(own.get()));
    }
    await().atMost(10, SECONDS).until(() -> limits.count() == PER_ADDRESS);

    assertThat(open(own.get()).getInputStream().read()).as("closed").isNegative();
    assertThat(turnedAway.of(Reason.ADDRESS)).isEqualTo(1);
    for (int i = 0; i < 2 * PER_ADDRESS; i++) {
      assertThat(answers(open(InetAddress.getLoopbackAddress()))).isTrue();
    }
    for (Socket socket : first) {
      socket.close();
    }
    await().atMost(10, SECONDS).until(() -> limits.count() == 2 * PER_ADDRESS);
    assertThat(answers(open(own.get()))).isTrue();
  }

  private Socket open(InetAddress address) throws IOException {
    Socket socket = new Socket(address, connector.getLocalPort());
    socket.setSoTimeout(10_000);
    sockets.add(socket);
    return socket;
  }

  private static boolean answers(Socket socket) throws IOException {
    socket
        .getOutputStream()
        .write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII)
        .equals("HTTP/1.1 404");
  }

  @Test
  void openFiles_leaveTheirsToTheStoreAndTheBroker() {
    assertThat(OpenFiles.connections(4_096, 20_000, 2)).isEqualTo(4_096);
    assertThat(OpenFiles.connections(4_096, 4_096, 2)).isEqualTo(1_280);
    assertThat(OpenFiles.connections(4_096, 1_024, 2)).isEqualTo(128);
    assertThat(OpenFiles.connections(50, 1_024, 2)).isEqualTo(50);
    assertThat(OpenFiles.connections(4_096, Long.MAX_VALUE, 2)).isEqualTo(4_096);
    assertThat(OpenFiles.connections(4_096, 3, 2)).isEqualTo(1);
  }
}
