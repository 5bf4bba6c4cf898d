// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import io.nextclick.serving.api.Problem;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** A problem that is answered in front of servlets: without them, and made once. */
public final class ProblemResponse {

  private static final JsonMapper JSON = Json.mapper().build();

  private final int status;
  private final int retryAfterSeconds;
  private final byte[] body;
  private final @Nullable HttpField header;

  private ProblemResponse(
      int status, int retryAfterSeconds, byte[] body, @Nullable HttpField header) {
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
    this.body = body;
    this.header = header;
  }

  private static byte[] body(int status, String detail) {
    try {
      return JSON.writeValueAsBytes(Problem.of(status, detail));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A problem that time does not mend. */
  public static ProblemResponse of(int status, String detail) {
    return new ProblemResponse(status, 0, body(status, detail), null);
  }

  /** 503, with the time after which to try again. */
  public static ProblemResponse retryAfter(int seconds, String detail) {
    return retryAfter(HttpStatus.SERVICE_UNAVAILABLE_503, seconds, detail);
  }

  /** The same with another status. */
  public static ProblemResponse retryAfter(int status, int seconds, String detail) {
    return new ProblemResponse(status, seconds, body(status, detail), null);
  }

  /** The same with one more header. */
  public ProblemResponse with(HttpHeader name, String value) {
    return new ProblemResponse(status, retryAfterSeconds, body, new HttpField(name, value));
  }

  /** Answers; a body that is not there yet is not waited for. */
  public void write(Request request, Response response, Callback callback) {
    boolean unread = !request.consumeAvailable();
    if (unread && request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_2) {
      response.getHeaders().put(HttpHeader.CONNECTION, "close");
    }
    response.setStatus(status);
    if (retryAfterSeconds > 0) {
      response.getHeaders().put(HttpHeader.RETRY_AFTER, retryAfterSeconds);
    }
    if (header != null) {
      response.getHeaders().put(header);
    }
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, Problem.MEDIA_TYPE);
    response.write(true, ByteBuffer.wrap(body), callback);
  }
}
