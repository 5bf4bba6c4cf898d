// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * A part of all requests, chosen by the hash of their id: the same on every machine, so that a
 * click can tell whether its answer is in the sample.
 *
 * @param part from 0 to 1
 */
public record RequestSample(double part) {

  public RequestSample {
    if (!(part >= 0 && part <= 1)) {
      throw new IllegalArgumentException("sample=" + part + ", must be from 0 to 1");
    }
  }

  /** Whether a request is in the sample. */
  public boolean includes(String request) {
    CRC32C hash = new CRC32C();
    hash.update(request.getBytes(StandardCharsets.UTF_8));
    return hash.getValue() < part * 0x1p32;
  }
}
