// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.PlausibleTimes;
import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;

/**
 * What holds for every format.
 *
 * @param times the times that behaviour may have
 * @param encoding how text files are written; null for what each format says
 * @param seed of the order of one user's rows of one time
 */
public record ImportSettings(PlausibleTimes times, @Nullable Charset encoding, long seed) {

  /** The seed where the user names none. */
  public static final long DEFAULT_SEED = 42;
}
