// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

/**
 * How many records of a partition ended in each {@link Verdict}; the sum is the number of records
 * consumed.
 */
public record Counters(
    long applied, long duplicate, long late, long quarantined, long erased, long expired) {

  public static final Counters ZERO = new Counters(0, 0, 0, 0, 0);

  /** Counters of a fold without retention. */
  public Counters(long applied, long duplicate, long late, long quarantined, long erased) {
    this(applied, duplicate, late, quarantined, erased, 0);
  }

  /** These counters with one more record of {@code verdict}. */
  public Counters plus(Verdict verdict) {
    return switch (verdict) {
      case APPLIED -> new Counters(applied + 1, duplicate, late, quarantined, erased, expired);
      case DUPLICATE -> new Counters(applied, duplicate + 1, late, quarantined, erased, expired);
      case LATE -> new Counters(applied, duplicate, late + 1, quarantined, erased, expired);
      case QUARANTINED -> new Counters(applied, duplicate, late, quarantined + 1, erased, expired);
      case ERASED -> new Counters(applied, duplicate, late, quarantined, erased + 1, expired);
      case EXPIRED -> new Counters(applied, duplicate, late, quarantined, erased, expired + 1);
    };
  }

  /** These with another number of expired records. */
  public Counters withExpired(long records) {
    return new Counters(applied, duplicate, late, quarantined, erased, records);
  }

  /** The sum of these and {@code other}. */
  public Counters plus(Counters other) {
    return new Counters(
        applied + other.applied,
        duplicate + other.duplicate,
        late + other.late,
        quarantined + other.quarantined,
        erased + other.erased,
        expired + other.expired);
  }

  /**
   * Part of the identity of batch output: without a retention, in the words of before there was
   * one.
   */
  @Override
  public String toString() {
    return "Counters[applied=%s, duplicate=%s, late=%s, quarantined=%s, erased=%s%s]"
        .formatted(
            applied,
            duplicate,
            late,
            quarantined,
            erased,
            expired == 0 ? "" : ", expired=" + expired);
  }

  /** Records consumed. */
  public long total() {
    return applied + duplicate + late + quarantined + erased + expired;
  }
}
