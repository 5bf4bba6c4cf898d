// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.bytes.ByteReader;
import io.nextclick.features.bytes.ByteWriter;
import io.nextclick.features.rocksdb.RocksBatch;
import io.nextclick.features.rocksdb.RocksDatabase;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lists that were shown and wait for their clicks, and per model the sums over those that no longer
 * wait. Survives a kill: nothing that was counted is counted again, or lost.
 *
 * <p>Impressions, clicks and {@link #settle} may come from three threads, one for each.
 */
public final class ImpressionStore implements AutoCloseable {

  private static final int SETTLED_AT_ONCE = 500;

  /** Models beyond these count together, under the name of {@link #OTHERS}. */
  private static final int MAX_MODELS = 200;

  private static final String OTHERS = "others";

  private final RocksDatabase db;
  private final ErasedImpressions erased;
  private final long maxWaiting;
  private final long windowMillis;
  private final long earlyMillis;
  private final Map<String, ClickSums> sums = new ConcurrentSkipListMap<>();
  private final AtomicLong waiting = new AtomicLong();
  private final AtomicLong clicks = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final long oldestMillis;

  // Where to look from: RocksDB reads what was removed before, too, until it is compacted away.
  private final AtomicLong impressionsFrom = new AtomicLong();
  private final AtomicLong clicksFrom = new AtomicLong();

  /**
   * Opens, or creates, a store.
   *
   * @param maxWaiting impressions that wait at most, and four times as many clicks
   * @param window after an impression, in which a click belongs to it, by event time
   * @param early by which a click may seem to precede its impression, since clocks differ
   * @param nowMillis no click that was seen long before belongs to an impression to come
   * @throws IOException if it is in use or damaged
   */
  public static ImpressionStore open(
      Path path, long maxWaiting, Duration window, Duration early, long nowMillis)
      throws IOException {
    return new ImpressionStore(
        RocksDatabase.open(path, ImpressionFamily.values()), maxWaiting, window, early, nowMillis);
  }

  private ImpressionStore(
      RocksDatabase db, long maxWaiting, Duration window, Duration early, long nowMillis) {
    this.db = db;
    this.maxWaiting = maxWaiting;
    this.windowMillis = window.toMillis();
    this.earlyMillis = early.toMillis();
    long[] oldest = {nowMillis};
    db.scan(
        ImpressionFamily.IMPRESSIONS,
        new byte[0],
        (key, value) -> {
          oldest[0] = Math.min(oldest[0], new ByteReader(key, key.length, "impression").u64());
          waiting.incrementAndGet();
          return true;
        });
    countClicks();
    db.scan(ImpressionFamily.META, ImpressionBytes.SUMS, this::loadSums);
    this.oldestMillis = oldest[0];
    this.erased = new ErasedImpressions(db);
  }

  /** Counts the clicks, and indexes those that an earlier version put down without. */
  private void countClicks() {
    long[] indexed = {0};
    db.scan(
        ImpressionFamily.META,
        ImpressionBytes.SEEN,
        (key, value) -> {
          indexed[0] += ImpressionBytes.startsWith(key, ImpressionBytes.SEEN) ? 1 : 0;
          return ImpressionBytes.startsWith(key, ImpressionBytes.SEEN);
        });
    db.scan(ImpressionFamily.CLICKS, new byte[0], (key, value) -> clicks.incrementAndGet() > 0);
    if (indexed[0] == clicks.get()) {
      return;
    }
    List<byte[]> missing = new ArrayList<>();
    db.scan(
        ImpressionFamily.CLICKS,
        new byte[0],
        (key, value) -> {
          missing.add(ImpressionBytes.seenKey(ImpressionBytes.seenMillis(value), key));
          if (missing.size() == SETTLED_AT_ONCE) {
            index(missing);
          }
          return true;
        });
    index(missing);
  }

  private void index(List<byte[]> keys) {
    db.write(batch -> keys.forEach(key -> batch.put(ImpressionFamily.META, key, new byte[0])));
    keys.clear();
  }

  private boolean loadSums(byte[] key, byte[] value) {
    if (!ImpressionBytes.startsWith(key, ImpressionBytes.SUMS)) {
      return false;
    }
    sums.put(ImpressionBytes.modelOf(key), ImpressionBytes.sums(value));
    return true;
  }

  /** Takes impressions in; those that find no room are refused and counted. */
  public void addImpressions(List<Impression> shown) {
    Set<ByteBuffer> added = new HashSet<>();
    db.write(batch -> {
      for (Impression impression : shown) {
        byte[] value = ImpressionBytes.value(impression);
        byte[] key = ImpressionBytes.key(impression, value);
        if (waiting.get() + added.size() >= maxWaiting) {
          refused.incrementAndGet();
        } else if (db.get(ImpressionFamily.IMPRESSIONS, key) == null
            && added.add(ByteBuffer.wrap(key))) {
          batch.put(ImpressionFamily.IMPRESSIONS, key, value);
          impressionsFrom.accumulateAndGet(impression.timeMillis(), Math::min);
        }
      }
    });
    waiting.addAndGet(added.size());
  }

  /** Takes clicks in, in any order, any number of times. */
  public void addClicks(List<Click> seen) {
    Map<ByteBuffer, Long> latest = new LinkedHashMap<>();
    for (Click click : seen) {
      if (click.seenMillis() + earlyMillis >= oldestMillis) {
        latest.put(ByteBuffer.wrap(ImpressionBytes.key(click)), click.seenMillis());
      } // else a log is read again from its beginning: what it belonged to was settled
    }
    synchronized (clicks) {
      db.write(batch -> {
        for (var entry : latest.entrySet()) {
          addClick(entry.getKey().array(), entry.getValue(), batch);
        }
      });
    }
  }

  private void addClick(byte[] key, long seenMillis, RocksBatch batch) {
    byte[] before = db.get(ImpressionFamily.CLICKS, key);
    if (before == null && clicks.get() >= 4 * maxWaiting) {
      refused.incrementAndGet();
      return;
    }
    if (before == null) {
      clicks.incrementAndGet();
    } else {
      batch.delete(
          ImpressionFamily.META, ImpressionBytes.seenKey(ImpressionBytes.seenMillis(before), key));
    }
    batch.put(ImpressionFamily.CLICKS, key, new ByteWriter().u64(seenMillis).toBytes());
    batch.put(ImpressionFamily.META, ImpressionBytes.seenKey(seenMillis, key), new byte[0]);
    clicksFrom.accumulateAndGet(seenMillis, Math::min);
  }

  /**
   * Counts the impressions shown before a time, with their clicks, and forgets both.
   *
   * @param beforeMillis every click that belongs to an impression shown before has been taken in
   * @return how many were settled
   */
  public int settle(long beforeMillis) {
    int settled = 0;
    long from = impressionsFrom.get();
    List<byte[]> keys;
    do {
      keys = new ArrayList<>();
      List<byte[]> values = new ArrayList<>();
      collect(from, beforeMillis, keys, values);
      settleTogether(keys, values);
      settled += keys.size();
    } while (keys.size() == SETTLED_AT_ONCE);
    impressionsFrom.compareAndSet(from, Math.max(from, beforeMillis)); // unless an older one came
    forgetClicks(beforeMillis - earlyMillis);
    return settled;
  }

  private void collect(long fromMillis, long beforeMillis, List<byte[]> keys, List<byte[]> values) {
    db.scan(
        ImpressionFamily.IMPRESSIONS,
        new ByteWriter().u64(fromMillis).toBytes(),
        (key, value) -> {
          if (new ByteReader(key, key.length, "impression").u64() >= beforeMillis) {
            return false;
          }
          keys.add(key);
          values.add(value);
          return keys.size() < SETTLED_AT_ONCE;
        });
  }

  private void settleTogether(List<byte[]> keys, List<byte[]> values) {
    Map<String, ClickSums> added = new TreeMap<>();
    db.write(batch -> {
      for (int i = 0; i < keys.size(); i++) {
        settleOne(keys.get(i), values.get(i), added, batch);
      }
      added.replaceAll(
          (model, more) -> sums.getOrDefault(model, new ClickSums(0, 0, 0)).plus(more));
      for (var entry : added.entrySet()) {
        batch.put(
            ImpressionFamily.META,
            ImpressionBytes.sumsKey(entry.getKey()),
            ImpressionBytes.sums(entry.getValue()));
      }
    });
    sums.putAll(added);
    waiting.addAndGet(-keys.size());
  }

  private void settleOne(byte[] key, byte[] value, Map<String, ClickSums> added, RocksBatch batch) {
    Set<String> clicked = clicked(key);
    ByteReader in = new ByteReader(value, value.length, "impression");
    String model = in.string();
    if (!sums.containsKey(model) && sums.size() + added.size() >= MAX_MODELS) {
      model = OTHERS;
    }
    int items = (int) in.varint();
    int hits = 0;
    double predicted = 0;
    for (int i = 0; i < items; i++) {
      hits += clicked.contains(in.string()) ? 1 : 0;
      predicted += Double.longBitsToDouble(in.u64());
    }
    added.merge(model, new ClickSums(items, hits, predicted), ClickSums::plus);
    batch.delete(ImpressionFamily.IMPRESSIONS, key);
  }

  /** The items of an impression that were clicked within the window. */
  private Set<String> clicked(byte[] impression) {
    long shownMillis = ByteBuffer.wrap(impression).getLong();
    byte[] prefix = ImpressionBytes.clicksOf(impression);
    Set<String> items = new HashSet<>();
    db.scan(
        ImpressionFamily.CLICKS,
        prefix,
        (key, value) -> {
          if (!ImpressionBytes.startsWith(key, prefix)) {
            return false;
          }
          long time = ImpressionBytes.timeOfClick(key, prefix);
          if (time >= shownMillis - earlyMillis && time <= shownMillis + windowMillis) {
            items.add(ImpressionBytes.itemOfClick(key, prefix));
          }
          return true;
        });
    return items;
  }

  /** Clicks that were seen before a time belong to nothing that still waits. */
  private void forgetClicks(long beforeMillis) {
    long from = clicksFrom.get();
    int forgotten;
    do {
      synchronized (clicks) { // or a click that comes again meanwhile would be counted wrongly
        forgotten = forgetSome(from, beforeMillis);
      }
    } while (forgotten == SETTLED_AT_ONCE);
    clicksFrom.compareAndSet(from, Math.max(from, beforeMillis)); // unless an older one came
  }

  private int forgetSome(long fromMillis, long beforeMillis) {
    List<byte[]> due = new ArrayList<>();
    db.scan(
        ImpressionFamily.META,
        ImpressionBytes.seenKey(fromMillis, new byte[0]),
        (key, value) -> {
          if (!ImpressionBytes.startsWith(key, ImpressionBytes.SEEN)
              || ImpressionBytes.indexedMillis(key) >= beforeMillis) {
            return false;
          }
          due.add(key);
          return due.size() < SETTLED_AT_ONCE;
        });
    int[] gone = {0};
    db.write(batch -> {
      for (byte[] key : due) {
        byte[] click =
            Arrays.copyOfRange(key, ImpressionBytes.SEEN.length + Long.BYTES, key.length);
        byte[] value = db.get(ImpressionFamily.CLICKS, click);
        if (value != null
            && ImpressionBytes.seenMillis(value) == ImpressionBytes.indexedMillis(key)) {
          batch.delete(ImpressionFamily.CLICKS, click);
          gone[0]++;
        }
        batch.delete(ImpressionFamily.META, key);
      }
    });
    clicks.addAndGet(-gone[0]);
    return due.size();
  }

  /** Puts down users whose impressions and clicks up to a time are to go. */
  public void erase(Collection<String> users, long timeMillis) {
    erased.note(users, timeMillis);
  }

  /**
   * Removes what was put down to go before a time; none of it counts.
   *
   * @return whether something was put down
   */
  public boolean removeErased(long beforeMillis) {
    Map<String, Long> users = erased.due(beforeMillis);
    if (!users.isEmpty()) {
      waiting.addAndGet(-erased.remove(users, clicks));
    }
    return !users.isEmpty();
  }

  /** Takes what was removed off the disk, now; for tests. */
  void removeErasedBytes() {
    erased.removeBytes();
  }

  /**
   * Visits what waits of a user, by the name that the user has here; holds little of it at once.
   */
  public void forEachOf(String user, WaitingOfUser.Visitor visitor) {
    WaitingOfUser.visit(db, user, visitor);
  }

  /** What each model's settled lists came to, since the store was made. */
  public Map<String, ClickSums> sums() {
    return Map.copyOf(sums);
  }

  /** Impressions that wait for their clicks. */
  public long waiting() {
    return waiting.get();
  }

  /** Clicks that are kept, whether or not their impression is known. */
  public long clicks() {
    return clicks.get();
  }

  /** Impressions and clicks refused since the start, because there was no room. */
  public long refused() {
    return refused.get();
  }

  /** Entries read since the store was opened; for tests. */
  long entriesRead() {
    return db.visited();
  }

  /** Makes everything taken in so far survive a loss of power. */
  public void sync() {
    db.sync();
  }

  @Override
  public void close() {
    erased.close();
    db.close();
  }
}
