// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a request was not answered: a problem document of RFC 9457.
 *
 * @param type always {@code about:blank}: the status says which kind of problem this is
 * @param title the status in words
 * @param status the HTTP status
 * @param detail what was wrong and what to do, for a person; never a value of the request
 * @param instance the id of the log entry, for faults of ours
 * @param errors each single fault, at most {@value #MAX_ERRORS}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(
    String type,
    String title,
    int status,
    String detail,
    @Nullable String instance,
    @Nullable List<Fault> errors) {

  /** The media type of a problem document. */
  public static final String MEDIA_TYPE = "application/problem+json";

  /** Faults listed at most; the detail says how many there are. */
  public static final int MAX_ERRORS = 20;

  /**
   * One fault.
   *
   * @param field the JSON path, query parameter or path segment, such as {@code candidates[3]}
   * @param line the line of an NDJSON body, from 1
   * @param reason the class of the fault, for events
   * @param message what is wrong
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Fault(
      @Nullable String field, @Nullable Integer line, @Nullable String reason, String message) {}

  /** A problem without single faults. */
  public static Problem of(int status, String detail) {
    return new Problem("about:blank", title(status), status, detail, null, null);
  }

  /** A problem with one field of the request. */
  public static Problem ofField(String field, String message) {
    return new Problem(
        "about:blank",
        title(400),
        400,
        field + " " + message,
        null,
        List.of(new Fault(field, null, null, message)));
  }

  /** The standard title of a status. */
  public static String title(int status) {
    return switch (status) {
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 406 -> "Not Acceptable";
      case 408 -> "Request Timeout";
      case 411 -> "Length Required";
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 415 -> "Unsupported Media Type";
      case 429 -> "Too Many Requests";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 501 -> "Not Implemented";
      case 503 -> "Service Unavailable";
      case 505 -> "HTTP Version Not Supported";
      default -> status < 500 ? "Client Error" : "Server Error";
    };
  }
}
