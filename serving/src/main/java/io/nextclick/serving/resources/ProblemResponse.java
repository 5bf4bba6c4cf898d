// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.nextclick.features.json.Json;
import io.nextclick.serving.api.Problem;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** A problem that is answered in front of servlets: without them, and made once. */
final class ProblemResponse {

  private final int status;
  private final int retryAfterSeconds;
  private final byte[] body;

  private ProblemResponse(int status, String detail, int retryAfterSeconds) {
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
    try {
      this.body = Json.mapper().build().writeValueAsBytes(Problem.of(status, detail));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static ProblemResponse of(int status, String detail) {
    return new ProblemResponse(status, detail, 0);
  }

  /** 503, with the time after which to try again. */
  static ProblemResponse retryAfter(int seconds, String detail) {
    return new ProblemResponse(HttpStatus.SERVICE_UNAVAILABLE_503, detail, seconds);
  }

  /** Answers; a body that is not there yet is not waited for. */
  void write(Request request, Response response, Callback callback) {
    if (!request.consumeAvailable()) {
      response.getHeaders().put(HttpHeader.CONNECTION, "close");
    }
    response.setStatus(status);
    if (retryAfterSeconds > 0) {
      response.getHeaders().put(HttpHeader.RETRY_AFTER, retryAfterSeconds);
    }
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, Problem.MEDIA_TYPE);
    response.write(true, ByteBuffer.wrap(body), callback);
  }
}
