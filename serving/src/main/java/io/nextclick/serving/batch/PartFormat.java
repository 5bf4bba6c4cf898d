// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** How part files are written. The same rows always give the same bytes. */
public interface PartFormat {

  /** What the names of part files end in, without a dot. */
  String extension();

  /**
   * Turns lists into what {@link Part#append} takes; from any thread.
   *
   * @param modelVersion {@code NAME/VERSION} of the model that ranked them
   */
  Encoded encode(List<RankedUser> users, String modelVersion);

  /** Begins a part file. */
  Part begin(OutputStream out) throws IOException;

  /** Lists that wait to be written. */
  interface Encoded {}

  /** A part file under way; {@link #close} writes its end but leaves the stream open. */
  interface Part extends Closeable {
    void append(Encoded rows) throws IOException;
  }
}
