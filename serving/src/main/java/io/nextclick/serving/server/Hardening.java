// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.dropwizard.core.server.DefaultServerFactory;
import io.dropwizard.core.server.ServerFactory;
import io.dropwizard.jetty.ConnectorFactory;
import io.dropwizard.jetty.HttpConnectorFactory;
import io.dropwizard.jetty.HttpsConnectorFactory;
import io.dropwizard.request.logging.LogbackAccessRequestLogFactory;
import io.dropwizard.util.DataSize;
import io.dropwizard.util.Duration;
import io.nextclick.serving.admission.TurnedAway;
import io.nextclick.serving.resources.ProblemErrorHandler;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http.UriCompliance.Violation;
import org.eclipse.jetty.server.AbstractConnector;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes what Dropwizard's defaults leave open. A setting that the file gives stays, unless it
 * switches a limit off.
 */
public final class Hardening {

  private static final Logger LOG = LoggerFactory.getLogger(Hardening.class);
  private static final DataSize MIN_REQUEST_DATA = DataSize.bytes(512);
  private static final DataSize MIN_RESPONSE_DATA = DataSize.bytes(512);
  private static final Duration LONGEST_GRACE = Duration.seconds(8);
  private static final String LOOPBACK = "127.0.0.1";

  /** A full pool without work is at its least after so many idle times of a thread. */
  private static final int THREADS_STAY_IDLE_TIMES = 4;

  /**
   * Lets every id stand in a path, percent-encoded: slashes, percent signs, dots. Nothing is looked
   * up by a path but our resources, which Jersey finds by its raw segments, and which decode and
   * check the id themselves. Empty segments stay refused.
   */
  private static final UriCompliance IDS_IN_PATHS =
      UriCompliance.RFC3986.with(
          "ids",
          Violation.AMBIGUOUS_PATH_SEGMENT,
          Violation.AMBIGUOUS_PATH_SEPARATOR,
          Violation.AMBIGUOUS_PATH_PARAMETER,
          Violation.AMBIGUOUS_PATH_ENCODING,
          Violation.SUSPICIOUS_PATH_CHARACTERS,
          Violation.BAD_UTF8_ENCODING,
          Violation.TRUNCATED_UTF8_ENCODING);

  private Hardening() {}

  /** Closes what the settings of a server leave open. */
  public static void apply(ServerFactory factory) {
    if (!(factory instanceof DefaultServerFactory server)) {
      throw new IllegalArgumentException(
          "server.type must be default: the admin port is one of its own");
    }
    // Our own mapper answers everything with a problem document.
    server.setRegisterDefaultExceptionMappers(false);
    // With compression comes the unpacking of bodies, to a thousand times their size.
    server.getGzipFilterFactory().setEnabled(false);
    // An access log, and thread names made of URIs, would hold user ids.
    LogbackAccessRequestLogFactory noAccessLog = new LogbackAccessRequestLogFactory();
    noAccessLog.setAppenders(List.of());
    server.setRequestLogFactory(noAccessLog);
    server.setEnableThreadNameFilter(false);
    if (server.getShutdownGracePeriod().toMilliseconds() > LONGEST_GRACE.toMilliseconds()) {
      server.setShutdownGracePeriod(LONGEST_GRACE);
    }
    limit("application", server.getApplicationConnectors());
    for (ConnectorFactory connector : server.getApplicationConnectors()) {
      if (connector instanceof HttpConnectorFactory http) {
        http.setUriCompliance(IDS_IN_PATHS);
      }
    }
    limit("admin", server.getAdminConnectors());
    for (ConnectorFactory connector : server.getAdminConnectors()) {
      if (connector instanceof HttpConnectorFactory http && http.getBindHost() == null) {
        http.setBindHost(LOOPBACK);
      }
    }
  }

  /** Drops clients that send or read a byte now and then only, and weak encryption. */
  private static void limit(String port, List<ConnectorFactory> connectors) {
    for (int i = 0; i < connectors.size(); i++) {
      limit(connectors.get(i));
      if (connectors.get(i) instanceof HttpsConnectorFactory https) {
        TlsSettings.harden(TlsSettings.path(port, i), https);
      }
    }
  }

  private static void limit(ConnectorFactory connector) {
    if (connector instanceof HttpConnectorFactory http) {
      if (http.getMinRequestDataPerSecond().toBytes() == 0) {
        http.setMinRequestDataPerSecond(MIN_REQUEST_DATA);
      }
      if (http.getMinResponseDataPerSecond().toBytes() == 0) {
        http.setMinResponseDataPerSecond(MIN_RESPONSE_DATA);
      }
      http.setUseServerHeader(false);
    }
  }

  /**
   * What the configuration cannot say: to be called before the server starts.
   *
   * @return what watches the connections of each connector
   */
  public static List<ConnectionLimits> apply(
      Server server,
      ConnectionLimits.Bounds connections,
      SlowBodies.Times bodies,
      TlsCertificates certificates,
      TurnedAway turnedAway) {
    server.setErrorHandler(new ProblemErrorHandler());
    SlowBodies.cutOff(server, bodies);
    if (server.getThreadPool() instanceof QueuedThreadPool threads) {
      // Else one goes in each idle time, and a thousand are there for hours after a rush.
      threads.setMaxEvictCount(Math.max(1, threads.getMaxThreads() / THREADS_STAY_IDLE_TIMES));
    }
    ConnectionLimits.Bounds bounds = bounds(connections, server.getConnectors().length);
    List<ConnectionLimits> limits = new ArrayList<>();
    Connector[] connectors = server.getConnectors();
    for (int i = 0; i < connectors.length; i++) {
      if (connectors[i] instanceof AbstractConnector watched) {
        ConnectionLimits limit = new ConnectionLimits(bounds, turnedAway);
        limit.watch(watched);
        certificates.attach(i, watched, limit::renew);
        Http2Bounds.limit(watched);
        watched.addBean(new Handshakes(turnedAway));
        limits.add(limit);
      }
    }
    server.addBean(certificates);
    return limits;
  }

  private static ConnectionLimits.Bounds bounds(ConnectionLimits.Bounds wanted, int ports) {
    long files = OpenFiles.limit();
    int connections = OpenFiles.connections(wanted.connections(), files, ports);
    if (connections < wanted.connections()) {
      LOG.warn(
          "The process may open {} files: each port takes {} connections, not the {} of"
              + " requests.maxConnections; raise ulimit -n",
          files,
          connections,
          wanted.connections());
    }
    return new ConnectionLimits.Bounds(connections, wanted.perAddress(), wanted.headers());
  }
}
