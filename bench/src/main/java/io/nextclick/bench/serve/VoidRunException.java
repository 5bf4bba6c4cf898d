// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import java.io.IOException;
import java.util.Locale;

/** The generator was late itself, so nothing was measured. */
final class VoidRunException extends IOException {

  private static final long serialVersionUID = 1;

  VoidRunException(double rate, double lagMillis, int attempts) {
    super(
        String.format(
            Locale.ROOT,
            "void: at %.0f requests/s the generator was %.2f ms late (99th percentile, %d"
                + " attempts); end what else uses its cores",
            rate,
            lagMillis,
            attempts));
  }
}
