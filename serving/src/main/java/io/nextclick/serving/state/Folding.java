// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.nextclick.features.sequence.Verdict;
import io.nextclick.ingest.kafka.client.EventPublisher.Published;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What became of events that were sent.
 *
 * @param published where each one is
 * @param verdicts what the fold here made of each; null where it has not come to it yet
 */
public record Folding(List<Published> published, List<@Nullable Verdict> verdicts) {

  /** Whether the fold has come to all of them. */
  public boolean isComplete() {
    return verdicts.stream().allMatch(Objects::nonNull);
  }
}
