// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SequenceCodec;
import io.nextclick.features.sequence.SequenceReducer;
import io.nextclick.features.sequence.UserSequence;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Two ways to lay a user's history out in RocksDB: one value per user, or one key per event.
 *
 * <p>{@value #USERS} users with full histories of {@value #LENGTH} entries; then appends that each
 * drop the oldest entry, in batches of {@value #BATCH}, and reads of whole histories of random
 * users. The value layout pays for the real codec with its checksum; the key layout keeps a count
 * per user. One thread; each measure is the better of two rounds, after one to warm up. About two
 * minutes:
 *
 * <pre>
 * java --enable-native-access=ALL-UNNAMED -cp bench.jar:... io.nextclick.bench.StoreLayoutBenchmark
 * </pre>
 */
public final class StoreLayoutBenchmark {

  private static final int USERS = 20_000;
  private static final int LENGTH = 256;
  private static final int BATCH = 500;
  private static final int APPENDS = 100_000;
  private static final int READS = 20_000;
  private static final int ROUNDS = 3;
  private static final long START_MILLIS = 1_795_341_600_000L;

  private final Random random = new Random(42);
  private long clock = START_MILLIS;

  private interface Layout {
    void fill(WriteBatch batch, int user) throws RocksDBException;

    void append(WriteBatch batch, int user, String item, long time) throws RocksDBException;

    int read(int user) throws RocksDBException;
  }

  private StoreLayoutBenchmark() {}

  public static void main(String[] args) throws IOException, RocksDBException {
    RocksDB.loadLibrary();
    StoreLayoutBenchmark benchmark = new StoreLayoutBenchmark();
    double[] value = benchmark.measure("value per user", true);
    double[] key = benchmark.measure("key per event", false);
    System.out.printf(
        "value per user against key per event: append %.2f times, read %.2f times, size %.2f"
            + " times%n",
        value[0] / key[0], value[1] / key[1], value[2] / key[2]);
  }

  /** Appends per second, reads per second, bytes on disk. */
  private double[] measure(String name, boolean valuePerUser) throws IOException, RocksDBException {
    Path directory = Files.createTempDirectory("store-layout");
    try (var cache = new LRUCache(512L << 20);
        var bloom = new BloomFilter(10);
        var options = options(cache, bloom);
        var db = RocksDB.open(options, directory.toString());
        var writes = new WriteOptions()) {
      Layout layout = valuePerUser ? new ValuePerUser(db) : new KeyPerEvent(db);
      for (int user = 0; user < USERS; user++) {
        try (var batch = new WriteBatch()) {
          layout.fill(batch, user);
          db.write(writes, batch);
        }
      }
      db.compactRange();
      double appends = 0;
      double reads = 0;
      for (int round = 0; round < ROUNDS; round++) {
        double appended = append(db, writes, layout);
        double read = read(layout);
        appends = round == 0 ? 0 : Math.max(appends, appended);
        reads = round == 0 ? 0 : Math.max(reads, read);
      }
      db.compactRange();
      double bytes = db.getLongProperty("rocksdb.total-sst-files-size");
      System.out.printf(
          "%-15s %,9.0f appends/s %,9.0f reads/s %,7.0f bytes/user%n",
          name, appends, reads, bytes / USERS);
      return new double[] {appends, reads, bytes};
    } finally {
      delete(directory);
    }
  }

  private static Options options(LRUCache cache, BloomFilter bloom) {
    return new Options()
        .setCreateIfMissing(true)
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setTableFormatConfig(
            new BlockBasedTableConfig().setBlockCache(cache).setFilterPolicy(bloom));
  }

  private double append(RocksDB db, WriteOptions writes, Layout layout) throws RocksDBException {
    long start = System.nanoTime();
    for (int done = 0; done < APPENDS; done += BATCH) {
      try (var batch = new WriteBatch()) {
        int first = random.nextInt(USERS); // a batch meets each user once: both layouts read first
        for (int i = 0; i < BATCH; i++) {
          int user = (first + i * 37) % USERS;
          layout.append(batch, user, item(), clock++);
        }
        db.write(writes, batch);
      }
    }
    return APPENDS * 1e9 / (System.nanoTime() - start);
  }

  private double read(Layout layout) throws RocksDBException {
    long start = System.nanoTime();
    for (int i = 0; i < READS; i++) {
      int length = layout.read(random.nextInt(USERS));
      if (length != LENGTH) {
        throw new IllegalStateException("length=" + length + ", expected " + LENGTH);
      }
    }
    return READS * 1e9 / (System.nanoTime() - start);
  }

  private String item() {
    return "item-" + random.nextInt(50_000);
  }

  private static byte[] userKey(int user) {
    return "user-%08d".formatted(user).getBytes(StandardCharsets.UTF_8);
  }

  private final class ValuePerUser implements Layout {
    private final RocksDB db;
    private final SequenceReducer reducer =
        new SequenceReducer(FoldSettings.DEFAULT.withMaxHistory(LENGTH));

    ValuePerUser(RocksDB db) {
      this.db = db;
    }

    @Override
    public void fill(WriteBatch batch, int user) throws RocksDBException {
      List<String> items = new ArrayList<>();
      long[] times = new long[LENGTH];
      for (int i = 0; i < LENGTH; i++) {
        items.add(item());
        times[i] = START_MILLIS - LENGTH + i;
      }
      put(batch, user, UserSequence.of(items, new byte[LENGTH], times));
    }

    @Override
    public void append(WriteBatch batch, int user, String item, long time) throws RocksDBException {
      Event event = Event.behaviour("event-" + time, "click", "u", item, time);
      put(batch, user, reducer.apply(sequence(user), event, time).sequence());
    }

    private void put(WriteBatch batch, int user, UserSequence sequence) throws RocksDBException {
      batch.put(userKey(user), SequenceCodec.encode(name(user), sequence));
    }

    @Override
    public int read(int user) throws RocksDBException {
      return sequence(user).length();
    }

    private UserSequence sequence(int user) throws RocksDBException {
      byte[] value = db.get(userKey(user));
      if (value == null) {
        throw new IllegalStateException("user=" + user + " is missing");
      }
      return SequenceCodec.decode(name(user), value);
    }

    private String name(int user) {
      return "user-" + user;
    }
  }

  /**
   * Key: user, time, number; value: action and item. The user's own key holds the entries' count.
   */
  private final class KeyPerEvent implements Layout {
    private final RocksDB db;

    KeyPerEvent(RocksDB db) {
      this.db = db;
    }

    @Override
    public void fill(WriteBatch batch, int user) throws RocksDBException {
      for (int i = 0; i < LENGTH; i++) {
        batch.put(key(user, START_MILLIS - LENGTH + i), value(item()));
      }
      batch.put(userKey(user), count(LENGTH));
    }

    @Override
    public void append(WriteBatch batch, int user, String item, long time) throws RocksDBException {
      byte[] stored = db.get(userKey(user));
      int entries = stored == null ? 0 : ByteBuffer.wrap(stored).getInt();
      batch.put(key(user, time), value(item));
      if (entries == LENGTH) {
        try (var options = new ReadOptions();
            var oldest = db.newIterator(options)) {
          oldest.seek(key(user, 0));
          batch.delete(oldest.key());
        }
      }
      batch.put(userKey(user), count(Math.min(LENGTH, entries + 1)));
    }

    @Override
    public int read(int user) throws RocksDBException {
      byte[] prefix = userKey(user);
      List<String> items = new ArrayList<>(LENGTH);
      byte[] actions = new byte[LENGTH];
      long[] times = new long[LENGTH];
      try (var options = new ReadOptions();
          RocksIterator entries = db.newIterator(options)) {
        for (entries.seek(key(user, 0)); entries.isValid(); entries.next()) {
          byte[] key = entries.key();
          if (ByteBuffer.wrap(key, 0, prefix.length).compareTo(ByteBuffer.wrap(prefix)) != 0
              || key.length == prefix.length) {
            break;
          }
          byte[] value = entries.value();
          times[items.size()] = ByteBuffer.wrap(key, prefix.length, Long.BYTES).getLong();
          actions[items.size()] = value[0];
          items.add(new String(value, 1, value.length - 1, StandardCharsets.UTF_8));
        }
        entries.status();
      }
      return UserSequence.of(items, actions, times).length();
    }

    private byte[] key(int user, long time) {
      byte[] prefix = userKey(user);
      return ByteBuffer.allocate(prefix.length + Long.BYTES).put(prefix).putLong(time).array();
    }

    private byte[] value(String item) {
      return ("\u0001" + item).getBytes(StandardCharsets.UTF_8);
    }

    private byte[] count(int entries) {
      return ByteBuffer.allocate(Integer.BYTES).putInt(entries).array();
    }
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
