// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.dropwizard.core.server.DefaultServerFactory;
import io.dropwizard.core.server.ServerFactory;
import io.dropwizard.jetty.ConnectorFactory;
import io.dropwizard.jetty.HttpConnectorFactory;
import io.nextclick.serving.access.Access;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the service listens: while nobody needs a key, on the loopback interface alone, unless the
 * configuration says that this is wanted.
 */
public final class Listening {

  private static final Logger LOG = LoggerFactory.getLogger(Listening.class);
  private static final String LOOPBACK = "127.0.0.1";

  private Listening() {}

  /**
   * Decides before the ports are made.
   *
   * @throws IllegalArgumentException if the configuration asks for an address that others reach
   */
  public static void apply(ServerFactory factory, Access access) {
    boolean fenced = access.isOpen() && !access.isSpelledOpen();
    if (fenced && factory instanceof DefaultServerFactory server) {
      bind("server.applicationConnectors", server.getApplicationConnectors());
      bind("server.adminConnectors", server.getAdminConnectors());
    }
  }

  /** Says who is let in, where that is not by keys. */
  public static void tell(Access access) {
    if (access.isSpelledOpen()) {
      LOG.warn(
          "security: open. Whoever reaches the ports may read, erase and change everything;"
              + " docs/security.md");
    } else if (access.isOpen()) {
      LOG.info(
          "Nobody has a key yet: whoever is on this machine may do everything, and nobody else is"
              + " listened to. See docs/security.md");
    }
  }

  private static void bind(String setting, List<ConnectorFactory> connectors) {
    for (ConnectorFactory connector : connectors) {
      if (connector instanceof HttpConnectorFactory http) {
        if (http.getBindHost() == null) {
          http.setBindHost(LOOPBACK);
        } else if (!isLoopback(http.getBindHost())) {
          throw new IllegalArgumentException(
              ("%s: bindHost %s is reached by others, and nobody has a key yet, so anybody might"
                      + " erase users. Make a key (nextclick keys add NAME --role rank), configure"
                      + " security.tokens or security.certificates, or say that this is wanted:"
                      + " security: open (docs/security.md)")
                  .formatted(setting, http.getBindHost()));
        }
      }
    }
  }

  private static boolean isLoopback(String host) {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (!address.isLoopbackAddress()) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      return true; // it will not be bound either, and that says why
    }
  }
}
