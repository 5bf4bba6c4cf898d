// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Map;

/**
 * What a finished output holds.
 *
 * @param run what it was made from; see {@link OutputDirectory}
 * @param users users that were ranked
 * @param rejected rows that could not be
 * @param pairs pairs of user and item that were scored
 * @param parts every part, in order
 */
@JsonPropertyOrder({"run", "users", "rejected", "pairs", "parts"})
public record BatchManifest(
    Map<String, String> run, long users, long rejected, long pairs, List<BatchPart> parts) {

  /** Of all parts together. */
  static BatchManifest of(Map<String, String> run, List<BatchPart> parts) {
    return new BatchManifest(
        run,
        parts.stream().mapToLong(BatchPart::users).sum(),
        parts.stream().mapToLong(BatchPart::rejected).sum(),
        parts.stream().mapToLong(BatchPart::pairs).sum(),
        List.copyOf(parts));
  }
}
