// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import java.util.List;
import java.util.Map;

/**
 * The items to score.
 *
 * @param items distinct, and passed by the filters
 * @param considered how many there were before the filters
 * @param dropped how many each filter dropped
 */
record Candidates(List<String> items, int considered, Map<String, Integer> dropped) {}
