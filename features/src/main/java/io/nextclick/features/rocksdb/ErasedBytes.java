// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.rocksdb;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes what erased users left off the disk: a deletion hides bytes, and only a compaction that
 * comes by removes them. One range at a time, with a pause before each that is several times as
 * long as the last one took, so that a flood of requests cannot take the disk from the fold.
 *
 * <p>What waits is in memory, and the database has a note as long as something does: where a stop
 * or a kill came first, or more than {@value #MAX_WAITING} ranges waited, whole families are
 * rewritten instead, at the next start or when the others are done.
 */
public final class ErasedBytes implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(ErasedBytes.class.getName());

  static final int MAX_WAITING = 10_000;
  private static final byte[] NOTE = "erased-bytes".getBytes(StandardCharsets.UTF_8);
  private static final long LEAST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int PAUSE_TIMES = 4;
  private static final int FEW = 100;

  /**
   * Where erased bytes lie.
   *
   * @param from the first key; null for the whole family
   * @param to the key after the last one
   */
  public record Range(RocksFamily family, byte @Nullable [] from, byte @Nullable [] to) {

    /** All of a family. */
    public static Range all(RocksFamily family) {
      return new Range(family, null, null);
    }

    /** One key. */
    public static Range of(RocksFamily family, byte[] key) {
      return of(family, key, key);
    }

    /** All keys from one to another, both included. */
    public static Range of(RocksFamily family, byte[] first, byte[] last) {
      return new Range(family, first.clone(), Arrays.copyOf(last, last.length + 1));
    }
  }

  private final RocksDatabase db;
  private final RocksFamily notes;
  private final List<RocksFamily> families;
  private final BlockingQueue<Range> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
  private final Object removing = new Object();
  private Thread thread = new Thread();
  private boolean begun;
  private boolean tooMany; // some ranges are not in the queue
  private int coming; // batches between begin and end

  /**
   * @param notes the family that has the note
   * @param families that may hold bytes of erased users
   */
  public ErasedBytes(RocksDatabase db, RocksFamily notes, RocksFamily... families) {
    this.db = db;
    this.notes = notes;
    this.families = List.of(families);
  }

  /** Goes on where the process before was stopped or killed; for a database that is written. */
  public synchronized void resume() {
    if (db.get(notes, NOTE) != null) {
      tooMany = true;
      runOn();
    }
  }

  /** Says that a batch with a {@link #note} is about to be written. */
  public synchronized void begin() {
    coming++;
  }

  /** Puts the note into a batch that erases. */
  public void note(RocksBatch batch) {
    batch.put(notes, NOTE, new byte[0]);
  }

  /** Takes what the batch has erased. */
  public synchronized void end(List<Range> erased) {
    coming--;
    for (Range range : erased) {
      boolean again = range.from == null && waiting.contains(range);
      if (!again && !waiting.offer(range)) {
        tooMany = true;
      }
    }
    runOn();
  }

  private void runOn() {
    if (!begun) {
      begun = true;
      thread = Thread.ofPlatform().daemon().name("erased-bytes").start(this::run);
    }
  }

  /** Removes all that waits, now. */
  public void removeAll() {
    for (List<Range> next = take(); next != null && !next.isEmpty(); next = take()) {
      next.forEach(this::remove);
    }
  }

  private void run() {
    long pauseNanos = LEAST_PAUSE_NANOS;
    try {
      while (true) {
        TimeUnit.NANOSECONDS.sleep(pauseNanos);
        List<Range> next = take();
        if (next == null) {
          return;
        }
        long begin = System.nanoTime();
        next.forEach(this::remove);
        pauseNanos = Math.max(LEAST_PAUSE_NANOS, PAUSE_TIMES * (System.nanoTime() - begin));
      }
    } catch (InterruptedException | IllegalStateException closed) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "The bytes of erased users stay until the next start", e);
    }
  }

  /** The next range, or whole families; nothing for now, or null: all is done, the thread ends. */
  private synchronized @Nullable List<Range> take() {
    Range next = waiting.poll();
    if (next != null) {
      return List.of(next);
    }
    if (tooMany) {
      tooMany = false;
      List<Range> all = new ArrayList<>();
      families.forEach(family -> all.add(Range.all(family)));
      return all;
    }
    if (coming > 0) {
      return List.of();
    }
    if (db.get(notes, NOTE) != null) {
      db.write(batch -> batch.delete(notes, NOTE));
    }
    begun = false;
    return null;
  }

  /** Removes what waits before a copy is made, unless there is so much that it would take long. */
  public void removeFew() {
    synchronized (removing) { // also what the thread has begun with
      Range next = waiting.poll();
      for (int done = 1; next != null; done++) {
        remove(next);
        next = done < FEW ? waiting.poll() : null;
      }
    }
  }

  private void remove(Range range) {
    synchronized (removing) {
      db.rewrite(range.family, range.from, range.to);
    }
  }

  @Override
  public synchronized void close() {
    thread.interrupt();
  }
}
