// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import java.util.List;

/**
 * What became of the records of a batch.
 *
 * @param counters what the batch added to the partition's counters
 * @param verdicts one per record, in the order of the batch
 */
public record BatchOutcome(Counters counters, List<Verdict> verdicts) {

  public BatchOutcome {
    verdicts = List.copyOf(verdicts);
  }
}
