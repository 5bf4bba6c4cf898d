// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.event.CandidateFields;
import java.util.List;
import java.util.Map;

/**
 * The items to score.
 *
 * @param items distinct, and passed by the filters
 * @param fields numbers that came with them
 * @param considered how many there were before the filters
 * @param dropped how many each filter dropped
 */
record Candidates(
    List<String> items, CandidateFields fields, int considered, Map<String, Integer> dropped) {

  /** The numbers of some of the items. */
  CandidateFields fieldsOf(List<String> some) {
    return fields.isEmpty() ? fields : fields.at(some.stream().mapToInt(items::indexOf).toArray());
  }
}
