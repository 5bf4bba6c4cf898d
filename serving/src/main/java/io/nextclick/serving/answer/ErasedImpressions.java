// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.bytes.ByteWriter;
import io.nextclick.features.rocksdb.ErasedBytes;
import io.nextclick.features.rocksdb.ErasedBytes.Range;
import io.nextclick.features.rocksdb.RocksBatch;
import io.nextclick.features.rocksdb.RocksDatabase;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Takes what erased users were shown, and clicked, out of the lists that wait. No key begins with a
 * user, so that all are looked at once for all users who were erased since the last time; what was
 * removed leaves the disk when the families are rewritten.
 */
final class ErasedImpressions implements AutoCloseable {

  private static final int MAX_USERS = 10_000;

  private final RocksDatabase db;
  private final ErasedBytes bytes;

  ErasedImpressions(RocksDatabase db) {
    this.db = db;
    this.bytes =
        new ErasedBytes(
            db,
            ImpressionFamily.META,
            ImpressionFamily.IMPRESSIONS,
            ImpressionFamily.CLICKS,
            ImpressionFamily.META);
    bytes.resume();
  }

  /** Puts down whose entries up to a time are to go, by their names in the store. */
  void note(Collection<String> users, long timeMillis) {
    byte[] time = new ByteWriter().u64(timeMillis).toBytes();
    db.write(batch ->
        users.forEach(
            user -> batch.put(ImpressionFamily.META, ImpressionBytes.erasedKey(user), time)));
  }

  /** Those put down whose time is before another, with it; at most {@value #MAX_USERS}. */
  Map<String, Long> due(long beforeMillis) {
    Map<String, Long> due = new HashMap<>();
    db.scan(
        ImpressionFamily.META,
        ImpressionBytes.ERASED,
        (key, value) -> {
          boolean ours = ImpressionBytes.startsWith(key, ImpressionBytes.ERASED);
          if (ours && ImpressionBytes.seenMillis(value) < beforeMillis) {
            due.put(ImpressionBytes.erased(key), ImpressionBytes.seenMillis(value));
          }
          return ours && due.size() < MAX_USERS;
        });
    return due;
  }

  /**
   * Removes their entries.
   *
   * @param clicks how many are kept; locked while some are removed
   * @return impressions removed
   */
  long remove(Map<String, Long> users, AtomicLong clicks) {
    bytes.begin();
    try {
      db.write(bytes::note);
      long[] removed = {0};
      ImpressionFamily.IMPRESSIONS.inParts(
          db,
          (key, value) ->
              isErased(
                  users,
                  ImpressionBytes.ownerOfImpression(key).user(),
                  ImpressionBytes.timeMillis(key)),
          found -> {
            db.write(batch ->
                found.forEach(entry -> batch.delete(ImpressionFamily.IMPRESSIONS, entry.getKey())));
            removed[0] += found.size();
          });
      ImpressionFamily.CLICKS.inParts(
          db,
          (key, value) ->
              isErased(
                  users,
                  ImpressionBytes.ownerOfClick(key).user(),
                  ImpressionBytes.seenMillis(value)),
          found -> removeClicks(found, clicks));
      db.write(batch ->
          users
              .keySet()
              .forEach(
                  user -> batch.delete(ImpressionFamily.META, ImpressionBytes.erasedKey(user))));
      return removed[0];
    } finally {
      bytes.end(
          List.of(
              Range.all(ImpressionFamily.IMPRESSIONS),
              Range.all(ImpressionFamily.CLICKS),
              Range.all(ImpressionFamily.META)));
    }
  }

  private static boolean isErased(Map<String, Long> users, String user, long timeMillis) {
    Long upTo = users.get(user);
    return upTo != null && timeMillis <= upTo;
  }

  private void removeClicks(List<Map.Entry<byte[], byte[]>> found, AtomicLong clicks) {
    synchronized (clicks) { // or one that comes again meanwhile would be counted wrongly
      int[] gone = {0};
      db.write(batch ->
          found.forEach(entry ->
              gone[0] +=
                  removeClick(
                      batch, entry.getKey(), ImpressionBytes.seenMillis(entry.getValue()))));
      clicks.addAndGet(-gone[0]);
    }
  }

  /** One that came again since it was found is removed with the next user who is erased, or due. */
  private int removeClick(RocksBatch batch, byte[] key, long seen) {
    byte[] now = db.get(ImpressionFamily.CLICKS, key);
    if (now == null || ImpressionBytes.seenMillis(now) != seen) {
      return 0;
    }
    batch.delete(ImpressionFamily.CLICKS, key);
    batch.delete(ImpressionFamily.META, ImpressionBytes.seenKey(seen, key));
    return 1;
  }

  /** Takes what was removed off the disk, now; for tests. */
  void removeBytes() {
    bytes.removeAll();
  }

  @Override
  public void close() {
    bytes.close();
  }
}
