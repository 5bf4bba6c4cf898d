// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import com.codahale.metrics.MetricRegistry;
import io.dropwizard.core.server.DefaultServerFactory;
import io.dropwizard.http2.Http2ConnectorFactory;
import io.dropwizard.util.Duration;
import io.nextclick.serving.Certificates;
import io.nextclick.serving.admission.MemoryBudget;
import io.nextclick.serving.admission.TurnedAway;
import io.nextclick.serving.resources.WholeAnswers;
import io.nextclick.serving.resources.WholeBodies;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.NetworkConnector;
import org.eclipse.jetty.server.Server;

/** HTTP/2 by TLS as the service has it, with its bounds, in front of a handler of the test's. */
final class EncryptedServer implements AutoCloseable {

  /** From the opening of a connection; a handshake on a busy machine needs a part of it. */
  static final java.time.Duration HEADERS = java.time.Duration.ofSeconds(2);

  private static final java.time.Duration FIRST_BYTE = java.time.Duration.ofSeconds(1);
  private static final int IDLE_MILLIS = 3_000;

  final TurnedAway turnedAway = new TurnedAway();
  final MemoryBudget memory = new MemoryBudget(64 << 20);
  final TlsCertificates certificates;
  private final Server server = new Server();
  private final NetworkConnector connector;

  EncryptedServer(Path keys, Consumer<Http2ConnectorFactory> settings, Handler handler)
      throws Exception {
    Http2ConnectorFactory http2 = new Http2ConnectorFactory();
    http2.setBindHost("127.0.0.1");
    http2.setPort(0);
    http2.setIdleTimeout(Duration.milliseconds(IDLE_MILLIS));
    http2.setKeyStorePath(keys.toString());
    http2.setKeyStorePassword(Certificates.PASSWORD);
    settings.accept(http2);
    DefaultServerFactory factory = new DefaultServerFactory();
    factory.setApplicationConnectors(List.of(http2));
    factory.setAdminConnectors(List.of());
    Hardening.apply(factory);
    certificates =
        TlsCertificates.of(factory, InstantSource.system(), java.time.Duration.ofDays(1));
    connector = (NetworkConnector) http2.build(server, new MetricRegistry(), "application", null);
    server.addConnector(connector);
    server.setHandler(handler);
    server.insertHandler(new WholeAnswers("application", memory));
    server.insertHandler(new WholeBodies(1 << 20, memory, turnedAway));
    Hardening.apply(
        server,
        new ConnectionLimits.Bounds(100, 100, HEADERS),
        new SlowBodies.Times(FIRST_BYTE, java.time.Duration.ofSeconds(30)),
        certificates,
        turnedAway);
    server.start();
  }

  int port() {
    return connector.getLocalPort();
  }

  @Override
  public void close() throws Exception {
    server.stop();
  }
}
