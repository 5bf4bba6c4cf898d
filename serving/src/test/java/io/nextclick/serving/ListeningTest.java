// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.serving.access.Role;
import io.nextclick.serving.cli.CommandRun;
import io.nextclick.serving.config.InvalidConfigurationException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where the service listens, by who is asked who they are. */
@Timeout(120)
class ListeningTest {

  private static final String ANYWHERE =
      """
      store: {path: "%s", minFreeSpace: 1MiB}
      kafka: none
      server:
        applicationConnectors: [{type: http, port: 0%s}]
        adminConnectors: [{type: http, port: 0%s}]
      %s
      """;

  @TempDir private Path directory;

  private Path file(String application, String admin, String security) throws IOException {
    Path file = directory.resolve("nextclick.yml");
    Files.writeString(
        file, ANYWHERE.formatted(directory.resolve("store"), application, admin, security));
    return file;
  }

  /** An address of this machine that is not loopback. */
  private static InetAddress outside() throws SocketException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
        .findFirst()
        .orElse(InetAddress.getLoopbackAddress());
  }

  private static boolean answers(int port) throws IOException {
    try (Socket socket = new Socket(outside(), port)) {
      return socket.isConnected();
    } catch (java.net.ConnectException e) {
      return false;
    }
  }

  @Test
  void start_nobodyHasAKey_listensOnLoopbackAlone() throws Exception {
    try (NextclickServer server = NextclickServer.start(file("", "", ""))) {
      assertThat(answers(server.port())).isEqualTo(outside().isLoopbackAddress());
    }
  }

  @Test
  void start_nobodyHasAKeyAndAnAddressThatOthersReach_doesNotStart() throws Exception {
    for (Path file :
        new Path[] {
          file(", bindHost: 0.0.0.0", "", ""), file("", ", bindHost: \"::\"", "security: {}")
        }) {
      assertThatThrownBy(() -> NextclickServer.start(file))
          .isInstanceOf(InvalidConfigurationException.class)
          .hasMessageContaining("nextclick keys add")
          .hasMessageContaining("security.tokens")
          .hasMessageContaining("security: open");
    }
  }

  @Test
  void start_spelledOpen_listensAndSaysSo() throws Exception {
    Path file = file(", bindHost: 0.0.0.0", ", bindHost: 0.0.0.0", "security: open");
    try (NextclickServer server = NextclickServer.start(file);
        RunningService service = RunningService.of(server)) {
      assertThat(answers(server.port())).isTrue();
      assertThat(service.admin("/ready").body()).contains("\"access\":\"open\"");
      assertThat(service.get("/").body()).contains("data-access=\"open\"");
    }
  }

  /** Before it is rolled out: with keys, the check has one of its own. */
  @Test
  void check_thereIsAKey_asksItselfForLists() throws Exception {
    Callers callers = new Callers(directory);
    Path file = file("", "", callers.yaml());

    CommandRun check = CommandRun.of("serve", "--check", "--config", file.toString());

    assertThat(check.status()).as(check.output()).isZero();
  }

  @Test
  void start_thereIsAKey_listens() throws Exception {
    Callers callers = new Callers(directory);
    callers.add("shop", EnumSet.of(Role.RANK), null);
    try (NextclickServer server =
            NextclickServer.start(file(", bindHost: 0.0.0.0", "", callers.yaml()));
        RunningService service = RunningService.of(server)) {
      assertThat(answers(server.port())).isTrue();
      assertThat(service.get("/v1/models").statusCode()).isEqualTo(401);
      assertThat(service.get("/").body()).contains("data-access=\"keys\"");
    }
  }
}
