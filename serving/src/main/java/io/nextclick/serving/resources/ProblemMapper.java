// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.features.sequence.UnreadableStateException;
import io.nextclick.serving.access.LimitReachedException;
import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.admission.OverloadedException;
import io.nextclick.serving.api.Problem;
import io.nextclick.serving.api.ProblemException;
import io.nextclick.serving.models.NotActivatedException;
import io.nextclick.serving.models.UnknownModelException;
import io.nextclick.serving.rank.InvalidRequestException;
import io.nextclick.serving.state.LogUnavailableException;
import io.nextclick.serving.state.StateWithheldException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.ResponseBuilder;
import jakarta.ws.rs.ext.ExceptionMapper;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.io.EofException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns whatever ends a request into a {@link Problem}; a fault of ours shows its log id only. */
public final class ProblemMapper implements ExceptionMapper<Throwable> {

  private static final int RETRY_UNREADABLE_SECONDS = 60;
  private static final int RETRY_WITHHELD_SECONDS = 5;
  private static final Logger LOG = LoggerFactory.getLogger(ProblemMapper.class);

  @Override
  public Response toResponse(Throwable error) {
    return switch (error) {
      case ProblemException problem -> of(problem);
      case WebApplicationException web -> of(web);
      case InvalidRequestException bad -> of(ProblemException.field(bad.field(), bad.fault()));
      case UnknownModelException unknown ->
          of(ProblemException.field("model", String.valueOf(unknown.getMessage())));
      case NotActivatedException refused ->
          of(refused.isAbsent() ? 404 : 422, String.valueOf(refused.getMessage()));
      case OverloadedException full -> tryAgain(AdmissionGate.RETRY_AFTER_SECONDS, full);
      case LimitReachedException much -> of(much);
      case LogUnavailableException away -> tryAgain(away.retryAfterSeconds(), away);
      case UnreadableStateException unread -> of(unread);
      case StateWithheldException withheld -> tryAgain(RETRY_WITHHELD_SECONDS, withheld);
      default -> {
        HttpException http = cause(error, HttpException.class);
        if (http != null) {
          yield of(http.getCode(), unread(error));
        }
        if (cause(error, TimeoutException.class) != null) {
          yield of(408, detail(408));
        }
        yield cause(error, EofException.class) != null ? of(400, unread(error)) : fault(error);
      }
    };
  }

  private static Response tryAgain(int seconds, RuntimeException e) {
    return of(ProblemException.retryAfter(seconds, String.valueOf(e.getMessage())));
  }

  private static Response of(LimitReachedException e) {
    return response(Problem.of(429, String.valueOf(e.getMessage())))
        .header(HttpHeaders.RETRY_AFTER, e.retryAfterSeconds())
        .build();
  }

  private static Response of(UnreadableStateException e) {
    return of(
        ProblemException.retryAfter(
            RETRY_UNREADABLE_SECONDS,
            e.isDamaged()
                ? "What is stored of this user is damaged; /healthcheck says what to do"
                : "What is stored of this user cannot be read now; /healthcheck says why"));
  }

  /** What kept a request from being read. */
  static String unread(Throwable error) {
    HttpException http = cause(error, HttpException.class);
    return http == null
        ? "The connection ended before the body did"
        : "The request could not be read: " + http.getReason();
  }

  private static Response of(ProblemException e) {
    ResponseBuilder response = response(e.problem());
    return e.retryAfterSeconds() > 0
        ? response.header(HttpHeaders.RETRY_AFTER, e.retryAfterSeconds()).build()
        : response.build();
  }

  private static Response of(WebApplicationException e) {
    int status = e.getResponse().getStatus();
    if (status < 400) {
      return e.getResponse();
    }
    if (status >= 500) {
      return fault(e);
    }
    Response problem = of(status, detail(status));
    String allow = e.getResponse().getHeaderString(HttpHeaders.ALLOW);
    return allow == null
        ? problem
        : Response.fromResponse(problem).header(HttpHeaders.ALLOW, allow).build();
  }

  /** What to do about a status that the framework has set. */
  static String detail(int status) {
    return switch (status) {
      case 404 -> "There is nothing at this path; /openapi.json lists what there is";
      case 405 -> "This path does not take this method; the Allow header lists those it takes";
      case 406 -> "The answer is JSON; ask for application/json in the Accept header";
      case 408 -> "The request did not arrive in time";
      case 413 -> "The body is too long";
      case 414 -> "The URI is too long";
      case 415 ->
          "Send the body as application/json, uncompressed; events, one per line, also as"
              + " application/x-ndjson";
      case 431 -> "The headers are too long";
      default -> "The request is not valid";
    };
  }

  private static Response fault(Throwable error) {
    String id = UUID.randomUUID().toString();
    LOG.error("Request failed, error id {}", id, error);
    Problem problem = Problem.of(500, "A fault of the service; the log says more under this id");
    return response(
            new Problem(
                problem.type(), problem.title(), 500, problem.detail(), "urn:uuid:" + id, null))
        .build();
  }

  private static Response of(int status, String detail) {
    return response(Problem.of(status, detail)).build();
  }

  private static ResponseBuilder response(Problem problem) {
    return Response.status(problem.status()).type(Problem.MEDIA_TYPE).entity(problem);
  }

  private static <T> @Nullable T cause(Throwable error, Class<T> type) {
    Throwable at = error;
    for (int depth = 0; at != null && depth < 16; depth++, at = at.getCause()) {
      if (type.isInstance(at)) {
        return type.cast(at);
      }
    }
    return null;
  }
}
