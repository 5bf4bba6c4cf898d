// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How long a user may be silent before the fold forgets them. Time is that of the log: a
 * partition's watermark, the greatest event time of its behaviour so far.
 *
 * @param millis 0 for as long as the store is kept, or from an hour to ten years
 */
public record Retention(long millis) {

  /** Nobody is forgotten. */
  public static final Retention OFF = new Retention(0);

  /** The watermark of a partition without behaviour, or without retention. */
  public static final long NO_WATERMARK = -1;

  private static final Duration LEAST = Duration.ofHours(1);
  private static final Duration MOST = Duration.ofDays(3_650);

  /** Logs of other names hear of the time in steps of this part of the retention. */
  private static final int STEPS = 32;

  public Retention {
    if (millis != 0 && (millis < LEAST.toMillis() || millis > MOST.toMillis())) {
      throw new IllegalArgumentException(
          "a retention of %s is neither 0, for none, nor from 1 hour to 3650 days"
              .formatted(Duration.ofMillis(millis)));
    }
  }

  /** Whether users are forgotten at all. */
  public boolean isOn() {
    return millis > 0;
  }

  /** Whether a time lies further back than the retention. */
  boolean isPast(long timeMillis, long watermarkMillis) {
    return millis > 0 && timeMillis < watermarkMillis - millis;
  }

  /** Whether a user of a partition has been silent for too long, and nothing of them counts. */
  public boolean forgets(UserSequence sequence, PartitionState state) {
    return forgets(sequence, state.watermarkMillis());
  }

  boolean forgets(UserSequence sequence, long watermarkMillis) {
    return isPast(sequence.newestTimeMillis(), watermarkMillis);
  }

  /**
   * The logs of other names whose watermark a log raises, with their states after it. An archive
   * that was folded first has no time of its own any more, and its users are to be forgotten all
   * the same.
   *
   * <p>In steps, so that their states need not be written with each batch; steps of the time
   * itself, so that the batches do not matter.
   *
   * @param all that the store has
   * @param by the log that went on
   * @param state of that log, after it did
   */
  public Map<SourcePartition, PartitionState> raised(
      Map<SourcePartition, PartitionState> all, SourcePartition by, PartitionState state) {
    Map<SourcePartition, PartitionState> raised = new HashMap<>();
    if (isOn() && state.watermarkMillis() >= 0) {
      long step = millis / STEPS;
      long watermark = state.watermarkMillis() / step * step;
      all.forEach((other, before) -> {
        if (!other.topic().equals(by.topic()) && before.watermarkMillis() < watermark) {
          raised.put(other, before.withWatermark(watermark));
        }
      });
    }
    return raised;
  }

  /** As an operator reads it. */
  @Override
  public String toString() {
    return isOn() ? Duration.ofMillis(millis).toString() : "off";
  }
}
