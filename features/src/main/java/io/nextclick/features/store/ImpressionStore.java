// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.sequence.ByteReader;
import io.nextclick.features.sequence.ByteWriter;
import io.nextclick.features.store.RocksDatabase.Family;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * Lists that were shown and wait for their clicks, and per model the sums over those that no longer
 * wait. Survives a kill: nothing that was counted is counted again, or lost.
 *
 * <p>Impressions, clicks and {@link #settle} may come from three threads, one for each.
 */
public final class ImpressionStore implements AutoCloseable {

  /*
   *  impressions  u64 time, u8 0, request in UTF-8, u8 0, user in UTF-8, u8 0, 8 bytes of a hash of the value
   *                 -> string model, varint items, per item string, u64 bits of p
   *  clicks       request in UTF-8, u8 0, user in UTF-8, u8 0, u64 event time, item in UTF-8
   *                 -> u64 time it was seen
   *  meta         "sums/", model in UTF-8 -> u64 items, u64 clicks, u64 bits of the sum of p
   *               "seen/", u64 time it was seen, key of the click -> nothing
   *
   * A click is only put down, whatever comes first, it or its impression, and however often it
   * comes: the same click has the same key. An impression that is old enough is settled: its clicks
   * are looked up and the sums change in the batch that removes it, so that a kill leaves it either
   * waiting or counted.
   *
   * Every list is an impression of its own, also where one request id names many in the same
   * millisecond; the same one that comes again, after a kill, has the same key. A click belongs to the lists of its request that its user was shown.
   *
   * Earlier versions knew no user: "u64 time, request" had the model first, and clicks were "request,
   * u8 0, u64 time, item", where the time begins with a 0 and so the user is empty. Such impressions
   * wait until their window has passed, and take the clicks of any user.
   *
   * Impressions are in the order of time, and clicks have an index by it: what is due is found
   * without a look at what is not.
   */

  private static final byte[] SUMS = "sums/".getBytes(StandardCharsets.UTF_8);
  private static final byte[] SEEN = "seen/".getBytes(StandardCharsets.UTF_8);
  private static final int SETTLED_AT_ONCE = 500;
  private static final int HASH_BYTES = 8;

  /** Models beyond these count together, under the name of {@link #OTHERS}. */
  private static final int MAX_MODELS = 200;

  private static final String OTHERS = "others";

  private final RocksDatabase db;
  private final long maxWaiting;
  private final long windowMillis;
  private final long earlyMillis;
  private final Map<String, Sums> sums = new ConcurrentSkipListMap<>();
  private final AtomicLong waiting = new AtomicLong();
  private final AtomicLong clicks = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final long oldestMillis;

  // Where to look from: RocksDB reads what was removed before, too, until it is compacted away.
  private final AtomicLong impressionsFrom = new AtomicLong();
  private final AtomicLong clicksFrom = new AtomicLong();

  /**
   * A list that was shown.
   *
   * @param user who it was shown to, by the name that clicks have too; not empty
   * @param request its id
   * @param model who predicted
   * @param timeMillis when it was shown
   * @param items at most 65,535
   * @param probabilities (items,) of a click on each; NaN where none was predicted
   */
  public record Impression(
      String user,
      String request,
      String model,
      long timeMillis,
      List<String> items,
      double[] probabilities) {}

  /**
   * A click.
   *
   * @param user who clicked; not empty
   * @param request that showed the item
   * @param timeMillis when the user clicked
   * @param seenMillis when the log took it in
   */
  public record Click(String user, String request, String item, long timeMillis, long seenMillis) {}

  /**
   * What a model's lists came to.
   *
   * @param items that were shown
   * @param clicks items among them that were clicked
   * @param predicted sum of their probabilities; NaN once one was not predicted
   */
  public record Sums(long items, long clicks, double predicted) {

    private Sums plus(Sums more) {
      return new Sums(items + more.items, clicks + more.clicks, predicted + more.predicted);
    }
  }

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
        new RocksDatabase(path, false, RocksDatabase.OF_IMPRESSIONS),
        maxWaiting,
        window,
        early,
        nowMillis);
  }

  private ImpressionStore(
      RocksDatabase db, long maxWaiting, Duration window, Duration early, long nowMillis) {
    this.db = db;
    this.maxWaiting = maxWaiting;
    this.windowMillis = window.toMillis();
    this.earlyMillis = early.toMillis();
    long[] oldest = {nowMillis};
    db.scan(
        Family.IMPRESSIONS,
        new byte[0],
        (key, value) -> {
          oldest[0] = Math.min(oldest[0], new ByteReader(key, key.length, "impression").u64());
          waiting.incrementAndGet();
          return true;
        });
    countClicks();
    db.scan(Family.META, SUMS, this::loadSums);
    this.oldestMillis = oldest[0];
  }

  /** Counts the clicks, and indexes those that an earlier version put down without. */
  private void countClicks() {
    long[] indexed = {0};
    db.scan(
        Family.META,
        SEEN,
        (key, value) -> {
          indexed[0] += startsWith(key, SEEN) ? 1 : 0;
          return startsWith(key, SEEN);
        });
    db.scan(Family.CLICKS, new byte[0], (key, value) -> clicks.incrementAndGet() > 0);
    if (indexed[0] == clicks.get()) {
      return;
    }
    try (var batch = new WriteBatch()) {
      db.scan(
          Family.CLICKS,
          new byte[0],
          (key, value) -> {
            index(batch, seenMillis(value), key);
            if (batch.count() >= SETTLED_AT_ONCE) {
              db.write(batch);
              batch.clear();
            }
            return true;
          });
      db.write(batch);
    }
  }

  private void index(WriteBatch batch, long seenMillis, byte[] click) {
    try {
      batch.put(db.handle(Family.META), seenKey(seenMillis, click), new byte[0]);
    } catch (RocksDBException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }

  private static byte[] seenKey(long seenMillis, byte[] click) {
    return new ByteWriter().raw(SEEN).u64(seenMillis).raw(click).toBytes();
  }

  private static long seenMillis(byte[] value) {
    return new ByteReader(value, value.length, "click").u64();
  }

  private boolean loadSums(byte[] key, byte[] value) {
    if (!startsWith(key, SUMS)) {
      return false;
    }
    ByteReader in = new ByteReader(value, value.length, "sums");
    String model = new String(key, SUMS.length, key.length - SUMS.length, StandardCharsets.UTF_8);
    sums.put(model, new Sums(in.u64(), in.u64(), Double.longBitsToDouble(in.u64())));
    return true;
  }

  /** Takes impressions in; those that find no room are refused and counted. */
  public void addImpressions(List<Impression> shown) {
    try (var batch = new WriteBatch()) {
      Set<ByteBuffer> added = new HashSet<>();
      for (Impression impression : shown) {
        byte[] value = value(impression);
        byte[] key = key(impression, value);
        if (waiting.get() + added.size() >= maxWaiting) {
          refused.incrementAndGet();
        } else if (db.get(Family.IMPRESSIONS, key) == null && added.add(ByteBuffer.wrap(key))) {
          batch.put(db.handle(Family.IMPRESSIONS), key, value);
          impressionsFrom.accumulateAndGet(impression.timeMillis, Math::min);
        }
      }
      db.write(batch);
      waiting.addAndGet(added.size());
    } catch (RocksDBException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }

  /** Takes clicks in, in any order, any number of times. */
  public void addClicks(List<Click> seen) {
    Map<ByteBuffer, Long> latest = new LinkedHashMap<>();
    for (Click click : seen) {
      if (click.seenMillis + earlyMillis >= oldestMillis) {
        latest.put(ByteBuffer.wrap(key(click)), click.seenMillis);
      } // else a log is read again from its beginning: what it belonged to was settled
    }
    synchronized (clicks) {
      try (var batch = new WriteBatch()) {
        for (var entry : latest.entrySet()) {
          addClick(entry.getKey().array(), entry.getValue(), batch);
        }
        db.write(batch);
      } catch (RocksDBException e) {
        throw new UncheckedIOException(new IOException(e));
      }
    }
  }

  private void addClick(byte[] key, long seenMillis, WriteBatch batch) throws RocksDBException {
    byte[] before = db.get(Family.CLICKS, key);
    if (before == null && clicks.get() >= 4 * maxWaiting) {
      refused.incrementAndGet();
      return;
    }
    if (before == null) {
      clicks.incrementAndGet();
    } else {
      batch.delete(db.handle(Family.META), seenKey(seenMillis(before), key));
    }
    batch.put(db.handle(Family.CLICKS), key, new ByteWriter().u64(seenMillis).toBytes());
    index(batch, seenMillis, key);
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
        Family.IMPRESSIONS,
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
    Map<String, Sums> added = new TreeMap<>();
    try (var batch = new WriteBatch()) {
      for (int i = 0; i < keys.size(); i++) {
        settleOne(keys.get(i), values.get(i), added, batch);
      }
      added.replaceAll((model, more) -> sums.getOrDefault(model, new Sums(0, 0, 0)).plus(more));
      for (var entry : added.entrySet()) {
        Sums all = entry.getValue();
        batch.put(
            db.handle(Family.META),
            Keys.concat(SUMS, entry.getKey().getBytes(StandardCharsets.UTF_8)),
            new ByteWriter()
                .u64(all.items)
                .u64(all.clicks)
                .u64(Double.doubleToLongBits(all.predicted))
                .toBytes());
      }
      db.write(batch);
    } catch (RocksDBException e) {
      throw new UncheckedIOException(new IOException(e));
    }
    sums.putAll(added);
    waiting.addAndGet(-keys.size());
  }

  private void settleOne(byte[] key, byte[] value, Map<String, Sums> added, WriteBatch batch)
      throws RocksDBException {
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
    added.merge(model, new Sums(items, hits, predicted), Sums::plus);
    batch.delete(db.handle(Family.IMPRESSIONS), key);
  }

  /** The items of an impression that were clicked within the window. */
  private Set<String> clicked(byte[] impression) {
    long shownMillis = ByteBuffer.wrap(impression).getLong();
    byte[] prefix =
        impression[Long.BYTES] == 0
            ? Arrays.copyOfRange(impression, Long.BYTES + 1, impression.length - HASH_BYTES)
            : Keys.concat( // of an earlier version
                Arrays.copyOfRange(impression, Long.BYTES, impression.length), new byte[] {0});
    Set<String> items = new HashSet<>();
    db.scan(
        Family.CLICKS,
        prefix,
        (key, value) -> {
          if (!startsWith(key, prefix)) {
            return false;
          }
          ByteBuffer at = ByteBuffer.wrap(key);
          at.position(startOfTime(key, prefix.length));
          long time = at.getLong();
          if (time >= shownMillis - earlyMillis && time <= shownMillis + windowMillis) {
            items.add(new String(key, at.position(), at.remaining(), StandardCharsets.UTF_8));
          }
          return true;
        });
    return items;
  }

  /** Where the time begins, behind the user if there is one that the prefix does not name. */
  private static int startOfTime(byte[] key, int prefix) {
    boolean withUser = key[prefix] != 0;
    int at = prefix;
    while (withUser && key[at] != 0) {
      at++;
    }
    return withUser ? at + 1 : at;
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
        Family.META,
        seenKey(fromMillis, new byte[0]),
        (key, value) -> {
          if (!startsWith(key, SEEN) || indexedMillis(key) >= beforeMillis) {
            return false;
          }
          due.add(key);
          return due.size() < SETTLED_AT_ONCE;
        });
    int gone = 0;
    try (var batch = new WriteBatch()) {
      for (byte[] key : due) {
        byte[] click = Arrays.copyOfRange(key, SEEN.length + Long.BYTES, key.length);
        byte[] value = db.get(Family.CLICKS, click);
        if (value != null && seenMillis(value) == indexedMillis(key)) {
          batch.delete(db.handle(Family.CLICKS), click);
          gone++;
        }
        batch.delete(db.handle(Family.META), key);
      }
      db.write(batch);
    } catch (RocksDBException e) {
      throw new UncheckedIOException(new IOException(e));
    }
    clicks.addAndGet(-gone);
    return due.size();
  }

  private static long indexedMillis(byte[] key) {
    return ByteBuffer.wrap(key, SEEN.length, Long.BYTES).getLong();
  }

  private static byte[] key(Impression impression, byte[] value) {
    return new ByteWriter()
        .u64(impression.timeMillis)
        .u8(0)
        .raw(clicksOf(impression.request, impression.user))
        .raw(hash(value))
        .toBytes();
  }

  private static byte[] hash(byte[] value) {
    try {
      return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(value), HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  private static byte[] value(Impression impression) {
    ByteWriter out = new ByteWriter().string(impression.model).varint(impression.items.size());
    for (int i = 0; i < impression.items.size(); i++) {
      out.string(impression.items.get(i)).u64(Double.doubleToLongBits(impression.probabilities[i]));
    }
    return out.toBytes();
  }

  private static byte[] clicksOf(String request, String user) {
    return new ByteWriter()
        .raw(request.getBytes(StandardCharsets.UTF_8))
        .u8(0)
        .raw(user.getBytes(StandardCharsets.UTF_8))
        .u8(0)
        .toBytes();
  }

  private static byte[] key(Click click) {
    return new ByteWriter()
        .raw(clicksOf(click.request, click.user))
        .u64(click.timeMillis)
        .raw(click.item.getBytes(StandardCharsets.UTF_8))
        .toBytes();
  }

  private static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }

  /** What each model's settled lists came to, since the store was made. */
  public Map<String, Sums> sums() {
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

  /** Entries read since the store was opened, for tests. */
  long entriesRead() {
    return db.visited();
  }

  /** Makes everything taken in so far survive a loss of power. */
  public void sync() {
    db.sync();
  }

  @Override
  public void close() {
    db.close();
  }
}
