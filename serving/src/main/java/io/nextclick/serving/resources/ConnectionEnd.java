// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.server.Request;

/** Asks a client to come again by another connection, without a request that is lost. */
public final class ConnectionEnd {

  private ConnectionEnd() {}

  /**
   * Asks by the answer of a request: in HTTP/1.1 by {@code Connection: close}; HTTP/2 has no such
   * header, and sends GOAWAY, answers what has come, and closes then.
   */
  public static void ask(Request request, HttpFields.Mutable responseHeaders) {
    if (request.getConnectionMetaData().getConnection() instanceof HTTP2Connection http2) {
      var _ = http2.getSession().shutdown(); // the connection ends by itself
    } else {
      responseHeaders.put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE.asString());
    }
  }
}
