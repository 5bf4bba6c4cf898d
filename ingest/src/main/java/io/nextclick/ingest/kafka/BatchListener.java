// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.Verdict;
import java.time.Instant;
import java.util.List;

/** Is notified of every batch, on the ingest thread: it must return soon, and throw nothing. */
public interface BatchListener {

  /** Does nothing. */
  BatchListener NONE = new BatchListener() {};

  /** A batch is about to be folded. After a kill in between, its records come again. */
  default void before(SourceBatch batch) {}

  /**
   * A batch has been folded: ranking sees it.
   *
   * @param verdicts what became of each record, in the order of the batch
   */
  default void after(SourceBatch batch, List<Verdict> verdicts) {}

  /** The store is about to be made durable: what was heard {@link #before} should be too. */
  default void beforeSync() {}

  /** All that was in the log shortly before {@code time} has been folded. */
  default void caughtUp(Instant time) {}

  /** Tells several, in this order. */
  static BatchListener all(List<BatchListener> listeners) {
    List<BatchListener> all = List.copyOf(listeners);
    return new BatchListener() {
      @Override
      public void before(SourceBatch batch) {
        all.forEach(listener -> listener.before(batch));
      }

      @Override
      public void after(SourceBatch batch, List<Verdict> verdicts) {
        all.forEach(listener -> listener.after(batch, verdicts));
      }

      @Override
      public void beforeSync() {
        all.forEach(BatchListener::beforeSync);
      }

      @Override
      public void caughtUp(Instant time) {
        all.forEach(listener -> listener.caughtUp(time));
      }
    };
  }
}
