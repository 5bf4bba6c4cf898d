// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.rocksdb.RocksFamily;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/** What the store of impressions keeps, each in a column family of its own. */
enum ImpressionFamily implements RocksFamily {
  META,
  IMPRESSIONS,
  CLICKS;

  private static final int AT_ONCE = 500;

  /** Hands over entries, some at once: what is done with them is not done within a scan. */
  void inParts(
      RocksDatabase db,
      BiPredicate<byte[], byte[]> wanted,
      Consumer<List<Map.Entry<byte[], byte[]>>> part) {
    byte[] from = {};
    boolean more = true;
    while (more) {
      List<Map.Entry<byte[], byte[]>> found = new ArrayList<>();
      db.scan(
          this,
          from,
          (key, value) -> {
            if (wanted.test(key, value)) {
              found.add(Map.entry(key, value));
            }
            return found.size() < AT_ONCE;
          });
      part.accept(found);
      more = found.size() == AT_ONCE;
      if (more) {
        byte[] last = found.getLast().getKey();
        from = Arrays.copyOf(last, last.length + 1);
      }
    }
  }
}
