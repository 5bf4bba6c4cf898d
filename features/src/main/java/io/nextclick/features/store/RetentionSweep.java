// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.bytes.CorruptRecordException;
import io.nextclick.features.rocksdb.RocksBatch;
import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.Retention;
import io.nextclick.features.sequence.SequenceCodec;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.Failpoints.Point;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the users whom the retention has forgotten, and takes their bytes off the disk. Since the
 * fold and all reads pass over them, the moment does not matter: a pass may be cut off anywhere,
 * and the next one begins at the front.
 *
 * <p>A pass goes over all users in the order of their keys, {@value #USERS} at a time with a pause
 * after each, and rewrites the files of a stretch of keys once, when it has gone through it. What
 * is deleted and not rewritten yet is remembered by a mark in the store.
 */
final class RetentionSweep implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(RetentionSweep.class.getName());

  static final int USERS = 1_000;

  /** Users deleted in one write, while which nothing is folded. */
  private static final int AT_ONCE = 200;

  private static final byte[] HIDDEN = "forgotten-bytes".getBytes(StandardCharsets.UTF_8);
  private static final byte[] ALL_FROM = {0};
  private static final byte[] ALL_TO = {(byte) 0xff}; // topics are shorter

  /** About one file: each is rewritten once or twice in a pass. */
  private static final long STRETCH_BYTES = 64L << 20;

  private static final Duration FIRST = Duration.ofMinutes(1);
  private static final Duration MOST_OFTEN = Duration.ofHours(1);
  private static final Duration LEAST_OFTEN = Duration.ofDays(1);
  private static final int PASSES = 10; // in the time of the retention
  private static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int PAUSE_TIMES = 4;

  /** Waits after a piece of work. */
  private interface Pause {
    void after(long workNanos) throws InterruptedException;
  }

  private final RocksDatabase db;
  private final Retention retention;
  private final Map<SourcePartition, PartitionState> partitions;
  private final ToIntFunction<List<byte[]>> deletion;
  private final Failpoints failpoints;
  private final ReentrantLock passing = new ReentrantLock();
  private volatile @Nullable Thread thread;

  /**
   * @param partitions as they are at any time
   * @param deletion writes what {@link #delete} puts into a batch while nothing is folded, and says
   *     how many users that were
   */
  RetentionSweep(
      RocksDatabase db,
      Retention retention,
      Map<SourcePartition, PartitionState> partitions,
      ToIntFunction<List<byte[]>> deletion,
      Failpoints failpoints) {
    this.db = db;
    this.retention = retention;
    this.partitions = partitions;
    this.deletion = deletion;
    this.failpoints = failpoints;
  }

  /** Begins to pass over the store now and then, if there is a retention. */
  void start() {
    if (retention.isOn()) {
      thread = Thread.ofPlatform().daemon().name("retention").start(this::run);
    }
  }

  private void run() {
    long interval =
        Math.clamp(retention.millis() / PASSES, MOST_OFTEN.toMillis(), LEAST_OFTEN.toMillis());
    try {
      Thread.sleep(FIRST);
      while (true) {
        try {
          pass(work -> TimeUnit.NANOSECONDS.sleep(Math.max(LEAST_PAUSE_NANOS, PAUSE_TIMES * work)));
        } catch (IllegalStateException closed) {
          return;
        } catch (RuntimeException e) {
          LOG.log(
              System.Logger.Level.ERROR,
              "Users whom the retention has forgotten are not served, but stay on the disk until"
                  + " the next try",
              e);
        }
        Thread.sleep(interval);
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  /** Passes over the whole store now. */
  long whole() {
    try {
      return retention.isOn() ? pass(work -> {}) : 0;
    } catch (InterruptedException e) {
      throw new AssertionError("nothing waits here", e);
    }
  }

  private long pass(Pause pause) throws InterruptedException {
    passing.lock();
    try {
      return new Pass(pause).run();
    } finally {
      passing.unlock();
    }
  }

  /**
   * Puts the deletion of those keys into a batch whose users are still forgotten.
   *
   * @param changed takes the states of the partitions after it
   * @return how many they are
   */
  int delete(RocksBatch batch, List<byte[]> keys, Map<SourcePartition, PartitionState> changed) {
    int deleted = 0;
    for (byte[] key : keys) {
      SourcePartition partition = Keys.partitionOf(key);
      PartitionState state = changed.get(partition);
      state = state == null ? partitions.get(partition) : state;
      byte[] value = db.get(Family.SEQUENCES, key);
      if (value != null && state != null && isForgotten(key, value, state)) {
        batch.delete(Family.SEQUENCES, key);
        changed.put(partition, state.with(value, null));
        deleted++;
      }
    }
    changed.forEach((partition, state) ->
        batch.put(Family.PARTITIONS, Keys.partition(partition), Values.partitionState(state)));
    if (deleted > 0) {
      batch.put(Family.META, HIDDEN, new byte[0]);
    }
    return deleted;
  }

  private boolean isForgotten(byte[] key, byte[] value, PartitionState state) {
    return retention.forgets(SequenceCodec.decode(Keys.userOf(key), value), state);
  }

  @Override
  public void close() {
    Thread started = thread;
    if (started != null) {
      started.interrupt();
    }
  }

  /** One pass over all users. */
  private final class Pass {

    private final Pause pause;
    private long deleted;
    private int unreadable;
    private byte[] next = ALL_FROM;
    private boolean ended;
    private long bytes; // since the stretch began
    private byte @Nullable [] first; // that was deleted of the stretch
    private byte[] last = ALL_FROM;

    Pass(Pause pause) {
      this.pause = pause;
    }

    long run() throws InterruptedException {
      if (db.get(Family.META, HIDDEN) != null) { // an earlier pass was cut off
        rewrite(ALL_FROM, ALL_TO);
      }
      while (!ended) {
        long begin = System.nanoTime();
        List<byte[]> forgotten = look();
        if (!forgotten.isEmpty()) {
          for (int from = 0; from < forgotten.size(); from += AT_ONCE) {
            int to = Math.min(forgotten.size(), from + AT_ONCE);
            deleted += deletion.applyAsInt(forgotten.subList(from, to));
          }
          first = first == null ? forgotten.getFirst() : first;
          last = forgotten.getLast();
        }
        pause.after(System.nanoTime() - begin);
        if (ended || bytes >= STRETCH_BYTES) {
          endStretch();
        }
      }
      report();
      return deleted;
    }

    /** The forgotten ones among the next users. */
    private List<byte[]> look() {
      List<byte[]> forgotten = new ArrayList<>();
      int[] seen = new int[1];
      ended = true;
      db.scan(
          Family.SEQUENCES,
          next,
          (key, value) -> {
            if (seen[0]++ == USERS) {
              ended = false;
              next = key;
              return false;
            }
            bytes += value.length;
            PartitionState state = partitions.get(Keys.partitionOf(key));
            try {
              if (state != null && isForgotten(key, value, state)) {
                forgotten.add(key);
              }
            } catch (CorruptRecordException e) {
              unreadable++;
            }
            return true;
          });
      return forgotten;
    }

    private void endStretch() throws InterruptedException {
      if (first != null) {
        rewrite(first, Arrays.copyOf(last, last.length + 1));
      }
      first = null;
      bytes = 0;
    }

    private void rewrite(byte[] from, byte[] to) throws InterruptedException {
      long begin = System.nanoTime();
      failpoints.pass(Point.BEFORE_REWRITE);
      db.rewrite(Family.SEQUENCES, from, to);
      db.write(batch -> batch.delete(Family.META, HIDDEN));
      pause.after(System.nanoTime() - begin);
    }

    private void report() {
      if (unreadable > 0) {
        LOG.log(
            System.Logger.Level.WARNING,
            unreadable
                + " stored users cannot be read, and stay whether the retention has forgotten them"
                + " or not");
      }
      if (deleted > 0) {
        LOG.log(
            System.Logger.Level.INFO,
            deleted + " users were deleted who had been silent for longer than the retention");
      }
    }
  }
}
