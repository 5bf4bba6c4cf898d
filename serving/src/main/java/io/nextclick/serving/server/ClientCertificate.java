// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** The certificate by which a client proved who it is, at the connection's handshake. */
final class ClientCertificate {

  private ClientCertificate() {}

  /** The client's own certificate, if it is valid now. */
  static @Nullable X509Certificate of(Request request) {
    return of(request, Instant.now());
  }

  /**
   * The client's own certificate, whose chain the handshake has verified.
   *
   * @param now a connection may outlive the certificate that it began with
   * @return null without TLS, if none was shown, or if it is valid no more
   */
  static @Nullable X509Certificate of(Request request, Instant now) {
    if (!(request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE)
        instanceof EndPoint.SslSessionData session)) {
      return null;
    }
    X509Certificate[] chain = session.peerCertificates();
    if (chain == null || chain.length == 0) {
      return null;
    }
    try {
      chain[0].checkValidity(Date.from(now));
      return chain[0];
    } catch (CertificateExpiredException | CertificateNotYetValidException e) {
      return null;
    }
  }
}
