// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * Jetty alone, reading every request and refusing it: what no service on Jetty can do faster, so
 * the physical cap of goodput.
 */
public final class RefusingServer extends Handler.Abstract {

  /** Runs until the process is ended. */
  public static void main(String[] args) throws Exception {
    Server server = new Server(0);
    server.setHandler(new RefusingServer());
    server.start();
    System.out.printf(
        "The refusing server serves on http://localhost:%d/%n",
        ((ServerConnector) server.getConnectors()[0]).getLocalPort());
    server.join();
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    Content.Source.consumeAll(request);
    response.setStatus(HttpStatus.SERVICE_UNAVAILABLE_503);
    response.getHeaders().put("Retry-After", 1);
    response.write(true, ByteBuffer.allocate(0), callback);
    return true;
  }
}
