// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.nextclick.serving.metrics.AccessMetrics;
import io.nextclick.serving.metrics.AccessMetrics.Page;
import io.nextclick.serving.resources.ProblemResponse;
import io.nextclick.serving.resources.SafeHeaders;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Keeps pages of other origins, opened by somebody who can reach the service, from acting for that
 * visitor: by fetches, by forms, and by a name of theirs that resolves to the service's address.
 */
public final class BrowserHandler extends Handler.Wrapper {

  /** What this machine calls itself. */
  public static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

  private static final ProblemResponse WRONG_HOST =
      ProblemResponse.of(
          HttpStatus.FORBIDDEN_403,
          "The Host header names a host that this service does not answer for; security.hosts in"
              + " the configuration lists those it does");
  private static final ProblemResponse WRONG_ORIGIN =
      ProblemResponse.of(
          HttpStatus.FORBIDDEN_403,
          "Pages of another origin may not call this service; security.origins in the"
              + " configuration lists those that may");
  private static final ProblemResponse FORM =
      ProblemResponse.of(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE_415,
          "A web form could send this; send application/json, or no body and no Content-Type");

  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");

  /** What a form can send without asking first: the Fetch standard, "CORS-safelisted". */
  private static final List<String> FORM_TYPES =
      List.of("text/plain", "multipart/form-data", "application/x-www-form-urlencoded");

  private static final HttpField NO_STORE = new PreEncodedHttpField("Cache-Control", "no-store");
  private static final String PERSONAL = "/v1/";

  private final Set<String> origins;
  private final Supplier<Set<String>> hosts;
  private final AccessMetrics metrics;

  /**
   * @param origins whose pages may call, such as {@code https://shop.example}
   * @param hosts names in the Host header that are answered for, lower case; empty for all
   */
  public BrowserHandler(Set<String> origins, Supplier<Set<String>> hosts, AccessMetrics metrics) {
    this.origins = origins;
    this.hosts = hosts;
    this.metrics = metrics;
  }

  @Override
  public boolean handle(Request request, Response whole, Callback callback) throws Exception {
    Response response = new Fenced(request, whole);
    HttpFields.Mutable headers = response.getHeaders();
    if (request.getHttpURI().getPath().startsWith(PERSONAL)) {
      headers.put(NO_STORE);
    }
    Set<String> answered = hosts.get();
    String host = Request.getServerName(request);
    if (!answered.isEmpty() && !answered.contains(host.toLowerCase(Locale.ROOT))) {
      return refuse(Page.HOST, WRONG_HOST, request, response, callback);
    }
    String origin = request.getHeaders().get(HttpHeader.ORIGIN);
    if (isForeign(origin, request)) {
      if (origin == null || !origins.contains(origin)) {
        return refuse(Page.ORIGIN, WRONG_ORIGIN, request, response, callback);
      }
      allow(origin, headers);
      if (isPreflight(request)) {
        response.setStatus(HttpStatus.NO_CONTENT_204);
        response.write(true, null, callback);
        return true;
      }
    }
    if (!SAFE.contains(request.getMethod()) && isForm(request)) {
      return refuse(Page.FORM, FORM, request, response, callback);
    }
    return super.handle(request, response, callback);
  }

  private boolean refuse(
      Page why, ProblemResponse problem, Request request, Response response, Callback callback) {
    metrics.refused(why);
    problem.write(request, response, callback);
    return true;
  }

  /** Whether a page of another origin asks. One that is only opened by a link there does not. */
  private static boolean isForeign(@Nullable String origin, Request request) {
    if (origin == null) {
      return "cross-site".equals(request.getHeaders().get("Sec-Fetch-Site"))
          && !"navigate".equals(request.getHeaders().get("Sec-Fetch-Mode"));
    }
    try {
      // Without the scheme: behind a proxy that ends TLS, the service is asked over plain HTTP.
      return !request
          .getHttpURI()
          .getAuthority()
          .equalsIgnoreCase(URI.create(origin).getAuthority());
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  private static boolean isPreflight(Request request) {
    return request.getMethod().equals("OPTIONS")
        && request.getHeaders().contains("Access-Control-Request-Method");
  }

  private static void allow(String origin, HttpFields.Mutable headers) {
    headers.put("Access-Control-Allow-Origin", origin);
    headers.put("Cross-Origin-Resource-Policy", "cross-origin");
    headers.add(HttpHeader.VARY, "Origin");
    headers.put("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE");
    headers.put("Access-Control-Allow-Headers", "Authorization, Content-Type");
    headers.put("Access-Control-Expose-Headers", "Retry-After");
    headers.put("Access-Control-Max-Age", "600");
  }

  private static boolean isForm(Request request) {
    String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
    if (type == null) {
      return false;
    }
    String essence = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return FORM_TYPES.contains(essence);
  }

  /** Has the headers whatever becomes of the answer: an error takes those away that were put. */
  private static final class Fenced extends Response.Wrapper {

    Fenced(Request request, Response response) {
      super(request, response);
    }

    @Override
    public void write(boolean last, @Nullable ByteBuffer part, Callback callback) {
      if (!isCommitted()) {
        SafeHeaders.put(getHeaders());
      }
      super.write(last, part, callback);
    }
  }
}
