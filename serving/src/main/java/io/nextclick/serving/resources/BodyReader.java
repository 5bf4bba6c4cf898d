// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.serving.api.Problem;
import io.nextclick.serving.api.ProblemException;
import java.io.IOException;
import java.io.InputStream;

/** Reads a request body into memory, up to a limit. */
public final class BodyReader {

  private final int maxBytes;

  public BodyReader(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * The whole body.
   *
   * @throws ProblemException 413 when it is longer than the limit
   */
  byte[] read(InputStream body) throws IOException {
    byte[] bytes = body.readNBytes(maxBytes + 1);
    if (bytes.length > maxBytes) {
      throw new ProblemException(Problem.of(413, tooLong(maxBytes)));
    }
    return bytes;
  }

  static String tooLong(int maxBytes) {
    return "The body is longer than " + maxBytes + " bytes; send it in parts";
  }
}
