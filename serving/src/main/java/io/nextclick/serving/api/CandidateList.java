// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import io.nextclick.features.event.CandidateFields;
import java.util.List;

/**
 * What a caller wants ranked: {@code ["a", {"item": "b", "fields": {"retrieval": 0.83}}]}, each
 * either an id or an id with numbers.
 *
 * @param items ids, checked later
 * @param fields numbers of the items, if any of them has some
 */
public record CandidateList(List<String> items, CandidateFields fields) {

  /** Items without numbers. */
  public static CandidateList of(List<String> items) {
    return new CandidateList(items, CandidateFields.NONE);
  }
}
