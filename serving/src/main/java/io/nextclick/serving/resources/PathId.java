// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.serving.api.FieldChecks;
import io.nextclick.serving.api.Problem;
import io.nextclick.serving.api.ProblemException;
import jakarta.ws.rs.core.UriInfo;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The id in a path. It is decoded here and nowhere else, so that every id that an event may have is
 * one segment: with slashes, percent signs, backslashes and semicolons too.
 */
final class PathId {

  private PathId() {}

  /**
   * The id.
   *
   * @param field its name, for messages
   * @throws ProblemException 400 if it is none
   */
  static String of(String field, UriInfo uri) {
    return of(field, uri.getRequestUri().getRawPath());
  }

  /**
   * The id before the end of a path.
   *
   * @param end the last segment, with its slash
   */
  static String before(String end, String field, UriInfo uri) {
    String path = uri.getRequestUri().getRawPath();
    if (!path.endsWith(end)) {
      throw new ProblemException(Problem.of(404, "There is no such path"));
    }
    return of(field, path.substring(0, path.length() - end.length()));
  }

  private static String of(String field, String path) {
    String id = decoded(field, path.substring(path.lastIndexOf('/') + 1));
    FieldChecks.id(field, id);
    return id;
  }

  private static String decoded(String field, String segment) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(segment.length());
    for (int i = 0; i < segment.length(); i++) {
      char c = segment.charAt(i);
      if (c != '%') {
        bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      boolean whole = i + 2 < segment.length();
      int high = whole ? Character.digit(segment.charAt(i + 1), 16) : -1;
      int low = whole ? Character.digit(segment.charAt(i + 2), 16) : -1;
      if (high < 0 || low < 0) {
        throw ProblemException.field(
            field, "has a % that two hexadecimal digits do not follow; the sign itself is %25");
      }
      bytes.write(high << 4 | low);
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw ProblemException.field(field, "is not UTF-8, percent-encoded");
    }
  }
}
