// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.BatchListener;
import io.nextclick.ingest.kafka.IngestSettings;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.ingest.kafka.KafkaIngest;
import io.nextclick.ingest.kafka.Ownership;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.io.IOException;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * The fold of the log into one store, which can be handed to another store. While it is on its way
 * it says of itself what it said before: the store that it comes from serves until then.
 */
public final class LiveFold {

  private final KafkaSettings kafka;
  private final IngestSettings settings;
  private final InstantSource clock;
  private final BatchListener listener;
  private volatile KafkaIngest ingest;
  private volatile @Nullable IngestStatus before; // as it was when it was handed over
  private volatile @Nullable Ownership shareBefore;

  /**
   * Begins to fold.
   *
   * @param listener hears of every batch that is folded
   */
  LiveFold(
      KafkaSettings kafka,
      IngestSettings settings,
      RocksDbSequenceStore store,
      InstantSource clock,
      BatchListener listener) {
    this.kafka = kafka;
    this.settings = settings;
    this.clock = clock;
    this.listener = listener;
    this.ingest = into(store);
  }

  private KafkaIngest into(RocksDbSequenceStore store) {
    return KafkaIngest.start(kafka, settings, store, clock, listener);
  }

  /** The cluster. */
  public KafkaSettings kafka() {
    return kafka;
  }

  /** What the service says of it. */
  IngestStatus status() {
    IngestStatus then = before;
    KafkaIngest now = ingest;
    return then != null ? then : now.status();
  }

  /** Which partitions it has, or hands over. */
  Ownership ownership() {
    Ownership then = shareBefore;
    Ownership now = ingest.ownership();
    return then == null ? now : then.handedTo(now);
  }

  /** What it is at, also while it is on its way. */
  public IngestStatus now() {
    return ingest.status();
  }

  /**
   * Goes on into another store, which has read about as far.
   *
   * @return what it was at
   */
  public IngestStatus handTo(RocksDbSequenceStore next) {
    KafkaIngest running = ingest;
    IngestStatus last = running.status();
    before = last;
    shareBefore = running.ownership();
    running.closeForSuccessor();
    ingest = into(next);
    return last;
  }

  /** Goes back to the store that it came from. */
  public void handBackTo(RocksDbSequenceStore old) {
    ingest.closeForSuccessor();
    ingest = into(old);
  }

  /** The store that it folds into is the one that serves. */
  public void arrived() {
    before = null;
    shareBefore = null;
  }

  void skip(SourcePartition partition, long from, long to)
      throws IOException, InterruptedException {
    ingest.skip(partition, from, to);
  }

  void close() {
    ingest.close();
  }
}
