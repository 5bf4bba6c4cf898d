// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.serving.api.CandidateList;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One row of the input. */
public sealed interface InputRow {

  /** Its place in the input, from 1: a line of a text file, a row of any other. */
  long line();

  /**
   * A user to be scored.
   *
   * @param candidates the items to choose from; null for those of all users
   */
  record User(
      long line, String user, @Nullable CandidateList candidates, Map<String, String> context)
      implements InputRow {}

  /**
   * A user of the store, with what is stored.
   *
   * @param value as {@link io.nextclick.features.sequence.SequenceCodec} writes it
   */
  record Stored(long line, String user, SourcePartition partition, byte[] value)
      implements InputRow {}

  /**
   * A row that cannot be scored.
   *
   * @param reason what is wrong with it, naming the field
   */
  record Bad(long line, String reason) implements InputRow {}
}
