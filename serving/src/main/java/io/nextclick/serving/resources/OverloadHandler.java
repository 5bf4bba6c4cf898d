// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.serving.api.Problem;
import io.nextclick.serving.core.AdmissionGate;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
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

  private final AdmissionGate gate;
  private final byte[] body;

  public OverloadHandler(AdmissionGate gate) {
    this.gate = gate;
    try {
      this.body =
          new ObjectMapper()
              .writeValueAsBytes(
                  Problem.of(HttpStatus.SERVICE_UNAVAILABLE_503, AdmissionGate.OVERLOADED));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (!PATH.equals(request.getHttpURI().getCanonicalPath()) || !gate.refusesWhenFull()) {
      return super.handle(request, response, callback);
    }
    if (!request.consumeAvailable()) {
      // A body that is not there yet is not waited for.
      response.getHeaders().put(HttpHeader.CONNECTION, "close");
    }
    response.setStatus(HttpStatus.SERVICE_UNAVAILABLE_503);
    response.getHeaders().put(HttpHeader.RETRY_AFTER, AdmissionGate.RETRY_AFTER_SECONDS);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, Problem.MEDIA_TYPE);
    response.write(true, ByteBuffer.wrap(body), callback);
    return true;
  }
}
