// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.dropwizard.http2.Http2ConnectorFactory;
import io.dropwizard.jetty.HttpsConnectorFactory;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a connector of {@code type: https} or {@code h2} may speak: TLS 1.2 and 1.3, with suites
 * that authenticate what they encrypt and have forward secrecy. A file may choose fewer of them; to
 * choose others is an error.
 */
final class TlsSettings {

  /** The strongest first: that is the order in which they are taken. */
  static final List<String> SUITES =
      List.of(
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");

  static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

  /** As patterns; the factory of h2 forgets which protocols were chosen, and keeps to these. */
  private static final List<String> NEVER = List.of("SSL.*", "TLSv1", "TLSv1\\.1");

  private TlsSettings() {}

  /**
   * Closes what the settings leave open.
   *
   * @param setting the path of the connector, such as {@code server.applicationConnectors[0]}
   * @throws IllegalArgumentException naming the setting that asks for what is not spoken
   */
  static void harden(String setting, HttpsConnectorFactory connector) {
    List<String> protocols =
        chosen(setting + ".supportedProtocols", connector.getSupportedProtocols(), PROTOCOLS);
    List<String> excluded = new ArrayList<>(NEVER);
    PROTOCOLS.stream()
        .filter(protocol -> !protocols.contains(protocol))
        .map(protocol -> protocol.replace(".", "\\."))
        .forEach(excluded::add);
    List<String> also = connector.getExcludedProtocols();
    if (also != null) {
      excluded.addAll(also);
    }
    connector.setSupportedProtocols(protocols);
    connector.setExcludedProtocols(List.copyOf(excluded));
    connector.setSupportedCipherSuites(
        chosen(setting + ".supportedCipherSuites", connector.getSupportedCipherSuites(), SUITES));
    connector.setAllowRenegotiation(false);
    // One service answers for all names; by which address a client came is no mistake of its own.
    connector.setDisableSniHostCheck(true);
    clients(setting, connector);
    if (connector instanceof Http2ConnectorFactory http2) {
      Http2Bounds.limit(http2);
    }
  }

  private static List<String> chosen(
      String setting, @Nullable List<String> wanted, List<String> all) {
    if (wanted == null) {
      return all;
    }
    for (String one : wanted) {
      if (!all.contains(one)) {
        throw new IllegalArgumentException(
            "%s has %s, which is not safe enough, or unknown; take some of %s, or leave it out"
                .formatted(setting, one, String.join(", ", all)));
      }
    }
    if (wanted.isEmpty()) {
      throw new IllegalArgumentException(
          "%s is empty; take some of %s, or leave it out"
              .formatted(setting, String.join(", ", all)));
    }
    return all.stream().filter(wanted::contains).toList();
  }

  /** Without certificates to trust, Jetty takes those that the service itself shows. */
  private static void clients(String setting, HttpsConnectorFactory connector) {
    boolean asked =
        Boolean.TRUE.equals(connector.getWantClientAuth())
            || Boolean.TRUE.equals(connector.getNeedClientAuth());
    boolean trusts = connector.getTrustStorePath() != null;
    if (asked && !trusts) {
      throw new IllegalArgumentException(
          setting
              + ".trustStorePath is missing: without it no certificate of a client is trusted; name"
              + " the key store that holds the certificates of those who sign them");
    }
    if (trusts && !asked) {
      throw new IllegalArgumentException(
          setting
              + ".trustStorePath is set, but no client is asked for a certificate; set"
              + " needClientAuth: true, or wantClientAuth: true to let in others too");
    }
  }

  /** Where a connector is in the settings. */
  static String path(String port, int index) {
    return "server." + port + "Connectors[" + index + "]";
  }
}
