// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.nextclick.serving.health.Draining;
import io.nextclick.serving.resources.ConnectionEnd;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Asks clients of a service that stops to leave: every answer ends its connection. */
public final class DrainHandler extends Handler.Wrapper {

  private final Draining draining;

  public DrainHandler(Draining draining) {
    this.draining = draining;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (draining.isTold()) {
      ConnectionEnd.ask(request, response.getHeaders());
    }
    return super.handle(request, response, callback);
  }
}
