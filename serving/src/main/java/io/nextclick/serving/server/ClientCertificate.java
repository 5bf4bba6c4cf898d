// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import java.security.cert.X509Certificate;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** The certificate that a client showed, which the connection has verified. */
final class ClientCertificate {

  private ClientCertificate() {}

  /** Null without TLS, or where the client showed none. */
  static @Nullable X509Certificate of(Request request) {
    return request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE)
                instanceof EndPoint.SslSessionData session
            && session.peerCertificates() != null
            && session.peerCertificates().length > 0
        ? session.peerCertificates()[0]
        : null;
  }
}
