// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

/**
 * How many records of a partition ended in each {@link Verdict}; the sum is the number of records
 * consumed.
 */
public record Counters(long applied, long duplicate, long late, long quarantined, long erased) {

  public static final Counters ZERO = new Counters(0, 0, 0, 0, 0);

  /** These counters with one more record of {@code verdict}. */
  public Counters plus(Verdict verdict) {
    return switch (verdict) {
      case APPLIED -> new Counters(applied + 1, duplicate, late, quarantined, erased);
      case DUPLICATE -> new Counters(applied, duplicate + 1, late, quarantined, erased);
      case LATE -> new Counters(applied, duplicate, late + 1, quarantined, erased);
      case QUARANTINED -> new Counters(applied, duplicate, late, quarantined + 1, erased);
      case ERASED -> new Counters(applied, duplicate, late, quarantined, erased + 1);
    };
  }

  /** The sum of these and {@code other}. */
  public Counters plus(Counters other) {
    return new Counters(
        applied + other.applied,
        duplicate + other.duplicate,
        late + other.late,
        quarantined + other.quarantined,
        erased + other.erased);
  }

  /** Records consumed. */
  public long total() {
    return applied + duplicate + late + quarantined + erased;
  }
}
