// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.nextclick.serving.access.Caller;
import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.resources.ProblemResponse;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Refuses ranking requests while the gate is full: in front of servlets and JSON, which would cost
 * several times as much as Jetty alone, and would take that time from the requests let in.
 */
public final class OverloadHandler extends Handler.Wrapper {

  private static final String PATH = "/v1/rank";
  private static final ProblemResponse OVERLOADED =
      ProblemResponse.retryAfter(AdmissionGate.RETRY_AFTER_SECONDS, AdmissionGate.OVERLOADED);

  private final AdmissionGate gate;

  public OverloadHandler(AdmissionGate gate) {
    this.gate = gate;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (!PATH.equals(request.getHttpURI().getCanonicalPath())
        || !gate.refusesWhenFull(caller(request))) {
      return super.handle(request, response, callback);
    }
    OVERLOADED.write(request, response, callback);
    return true;
  }

  /** Whom the handler in front of this one let in. */
  private static String caller(Request request) {
    return request.getAttribute(Caller.ATTRIBUTE) instanceof Caller caller ? caller.id() : "";
  }
}
