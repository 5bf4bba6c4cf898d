// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import io.nextclick.serving.api.Problem;
import jakarta.ws.rs.core.MediaType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** Answers what never reaches a resource, such as a header that is too long, with a problem. */
public final class ProblemErrorHandler extends ErrorHandler {

  private static final JsonMapper JSON = Json.mapper().build();

  @Override
  public boolean errorPageForMethod(String method) {
    return true;
  }

  @Override
  protected void generateResponse(
      Request request,
      Response response,
      int code,
      @Nullable String message,
      @Nullable Throwable cause,
      Callback callback) {
    byte[] body;
    try {
      body = JSON.writeValueAsBytes(Problem.of(code, detail(request, code, cause)));
    } catch (JsonProcessingException e) {
      body = "{}".getBytes(StandardCharsets.UTF_8);
    }
    SafeHeaders.put(response.getHeaders());
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, Problem.MEDIA_TYPE);
    response.write(true, ByteBuffer.wrap(body), callback);
  }

  /** With the server's own words for what a bad request has, less the pieces that it quotes. */
  private static String detail(Request request, int code, @Nullable Throwable cause) {
    String detail = ProblemMapper.detail(code);
    if (code != 400) {
      return detail;
    }
    if (!isReadable(request.getHeaders().get(HttpHeader.CONTENT_TYPE))) {
      return "The header Content-Type cannot be read; send application/json";
    }
    String reason = cause instanceof HttpException http ? http.getReason() : null;
    if (reason == null || reason.isBlank() || reason.equals(Problem.title(code))) {
      return detail + ": a header, or a % in the path that two hexadecimal digits do not follow";
    }
    String words = reason.replaceAll("'[^']*'|\"[^\"]*\"|[^\\x20-\\x7e]", "...");
    return detail + ": " + words.substring(0, Math.min(words.length(), 120));
  }

  private static boolean isReadable(@Nullable String contentType) {
    try {
      return contentType == null || contentType.isEmpty() || MediaType.valueOf(contentType) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
