// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.nextclick.serving.admission.TurnedAway;
import io.nextclick.serving.admission.TurnedAway.Reason;
import org.eclipse.jetty.io.ssl.SslHandshakeListener;

/**
 * Counts the clients that did not come to terms: of another protocol, without a certificate that
 * was needed, or with one that is not trusted. Jetty says nothing of them.
 */
final class Handshakes implements SslHandshakeListener {

  private final TurnedAway turnedAway;

  Handshakes(TurnedAway turnedAway) {
    this.turnedAway = turnedAway;
  }

  @Override
  public void handshakeFailed(Event event, Throwable failure) {
    turnedAway.count(Reason.HANDSHAKE);
  }
}
