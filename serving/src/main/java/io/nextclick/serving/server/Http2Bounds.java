// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.dropwizard.http2.Http2ConnectorFactory;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.WindowRateControl;
import org.eclipse.jetty.server.AbstractConnector;

/** What one connection of HTTP/2 may have at once, and how often it may do what is no request. */
final class Http2Bounds {

  /** Requests at once: what Jetty takes by itself; Dropwizard would let in eight times as many. */
  static final int STREAMS = 128;

  /**
   * Frames in a second that make work and are no request: RST_STREAM (CVE-2023-44487), SETTINGS,
   * PING, PRIORITY, empty DATA, and broken ones. Then the connection is ended.
   */
  static final int EVENTS = 128;

  /** Unread bytes of one request's body, and of all requests of a connection. */
  private static final int STREAM_WINDOW = 256 << 10;

  private static final int CONNECTION_WINDOW = 1 << 20;
  private static final int MAX_FRAME = 16 << 10;

  private Http2Bounds() {}

  static void limit(Http2ConnectorFactory connector) {
    connector.setMaxConcurrentStreams(Math.min(STREAMS, connector.getMaxConcurrentStreams()));
    connector.setInitialStreamRecvWindow(
        Math.min(STREAM_WINDOW, connector.getInitialStreamRecvWindow()));
  }

  /** What Dropwizard has no setting for: to be called before the connector starts. */
  static void limit(AbstractConnector connector) {
    for (var http2 : connector.getContainedBeans(AbstractHTTP2ServerConnectionFactory.class)) {
      http2.setRateControlFactory(new WindowRateControl.Factory(EVENTS));
      http2.setInitialSessionRecvWindow(CONNECTION_WINDOW);
      http2.setMaxFrameSize(MAX_FRAME);
      http2.setMaxSettingsKeys(SettingsFrame.DEFAULT_MAX_KEYS);
      http2.setConnectProtocolEnabled(false); // nobody tunnels through us
    }
  }
}
