// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.rocksdb.RocksDatabase;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Takes what erased users left off the disk: a deletion hides bytes, and only a compaction that
 * comes by removes them. One user's range at a time, with a pause before each that is several times
 * as long as the last one took, so that a flood of requests cannot take the disk from the fold.
 *
 * <p>What is waiting is in memory alone: after a restart, or past {@value #MAX_WAITING} requests,
 * RocksDB's own compactions come by in their time.
 */
final class ErasedBytes implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(ErasedBytes.class.getName());

  static final int MAX_WAITING = 10_000;
  private static final long LEAST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int PAUSE_TIMES = 4;

  private final RocksDatabase db;
  private final BlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
  private final AtomicLong leftOut = new AtomicLong();
  private Thread thread = new Thread();
  private boolean begun;

  ErasedBytes(RocksDatabase db) {
    this.db = db;
  }

  /** Takes the key of a sequence that was deleted. */
  synchronized void add(byte[] key) {
    if (!waiting.offer(key.clone())) {
      if (leftOut.getAndIncrement() == 0) {
        LOG.log(
            System.Logger.Level.WARNING,
            MAX_WAITING
                + " erased users wait for their bytes to be removed; those of others stay until"
                + " RocksDB compacts them in its turn");
      }
    } else if (!begun) {
      begun = true;
      thread = Thread.ofPlatform().daemon().name("erased-bytes").start(this::run);
    }
  }

  /** Removes those of all who wait, now. */
  void removeAll() {
    for (byte[] key = waiting.poll(); key != null; key = waiting.poll()) {
      remove(key);
    }
  }

  private void run() {
    long pauseNanos = LEAST_PAUSE_NANOS;
    try {
      for (byte[] key = next(pauseNanos); key != null; key = next(pauseNanos)) {
        long begin = System.nanoTime();
        remove(key);
        pauseNanos = Math.max(LEAST_PAUSE_NANOS, PAUSE_TIMES * (System.nanoTime() - begin));
      }
    } catch (InterruptedException | IllegalStateException closed) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.log(
          System.Logger.Level.ERROR,
          "The bytes of erased users stay until RocksDB compacts them in its turn",
          e);
    }
  }

  /** The next key after a pause; null when nobody waits, and the thread ends. */
  private byte @Nullable [] next(long pauseNanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(pauseNanos);
    synchronized (this) {
      byte[] key = waiting.poll();
      begun = key != null;
      return key;
    }
  }

  private void remove(byte[] key) {
    db.rewrite(Family.SEQUENCES, key, Arrays.copyOf(key, key.length + 1));
  }

  @Override
  public synchronized void close() {
    thread.interrupt();
  }
}
