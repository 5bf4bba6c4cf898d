// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.health;

import com.codahale.metrics.health.HealthCheck;
import io.nextclick.ingest.kafka.RefusedRecords;
import java.util.Locale;

/** Whether the topic holds what the service can read: events, but for a few. */
public final class RecordsHealthCheck extends HealthCheck {

  /** Fewer say nothing of the share. */
  static final int FEW = 5;

  private final RefusedRecords records;
  private final double maxShare;

  /**
   * @param maxShare of the records of the last minutes that may be refused, 0 to 1
   */
  public RecordsHealthCheck(RefusedRecords records, double maxShare) {
    this.records = records;
    this.maxShare = maxShare;
  }

  @Override
  protected Result check() {
    RefusedRecords.Window window = records.window();
    String said =
        String.format(
            Locale.ROOT,
            "%,d of %,d records of the last %d minutes refused",
            window.refused(),
            window.read(),
            RefusedRecords.MINUTES);
    return window.refused() >= FEW && window.share() > maxShare
        ? Result.unhealthy(
            "%s, more than %s %%: nextclick deadletters count says why", said, 100 * maxShare)
        : Result.healthy("%s", said);
  }
}
