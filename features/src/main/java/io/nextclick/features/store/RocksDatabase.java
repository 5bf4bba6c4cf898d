// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/**
 * The one place where RocksDB is opened, configured and closed.
 *
 * <p>Reading a closed database kills the JVM, so every use holds a share of a lock that {@link
 * #close} waits for.
 */
public final class RocksDatabase implements AutoCloseable {

  /** The column families, named in lower case on disk; {@link #META} is RocksDB's default one. */
  public enum Family {
    META,
    SEQUENCES,
    ITEMS,
    PARTITIONS,
    QUARANTINE,
    ERASURES,
    IMPRESSIONS,
    CLICKS
  }

  /** What a sequence store keeps. */
  static final Set<Family> OF_SEQUENCES = EnumSet.range(Family.META, Family.ERASURES);

  /** What an impression store keeps. */
  public static final Set<Family> OF_IMPRESSIONS =
      EnumSet.of(Family.META, Family.IMPRESSIONS, Family.CLICKS);

  private static final long BLOCK_CACHE_BYTES = 128L << 20;
  private static final long WRITE_BUFFER_BYTES = 64L << 20; // of those
  // Bounds the work of the next start after a kill.
  private static final long MAX_WAL_BYTES = 64L << 20;

  static {
    RocksDB.loadLibrary();
  }

  // Of all databases of the process together, for as long as it lives: a store that is built beside
  // the one that serves, and the impressions, take no memory of their own.
  private static final LRUCache CACHE = new LRUCache(BLOCK_CACHE_BYTES);
  private static final WriteBufferManager BUFFERS =
      new WriteBufferManager(WRITE_BUFFER_BYTES, CACHE);

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final List<AbstractNativeReference> owned = new ArrayList<>();
  private final Map<Family, ColumnFamilyHandle> families = new EnumMap<>(Family.class);
  private final Path path;
  private final boolean readOnly;
  private final RocksDB db;
  private final WriteOptions writeOptions;
  private final LongAdder visited = new LongAdder();
  private @Nullable CompactRangeOptions rewriting; // by this
  private volatile boolean closing;
  private boolean closed;

  /**
   * Opens, or creates, the database.
   *
   * @param kept its column families, {@link Family#META} among them
   * @throws IOException if it is in use, damaged or cannot be written; the message says what to do
   */
  public RocksDatabase(Path path, boolean readOnly, Set<Family> kept) throws IOException {
    this.path = path;
    this.readOnly = readOnly;
    try {
      if (!readOnly) {
        Files.createDirectories(path);
      }
      DBOptions options = own(databaseOptions());
      ColumnFamilyOptions familyOptions = own(familyOptions());
      List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
      for (Family family : kept) {
        descriptors.add(new ColumnFamilyDescriptor(name(family), familyOptions));
      }
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      db =
          readOnly
              ? RocksDB.openReadOnly(options, path.toString(), descriptors, handles)
              : RocksDB.open(options, path.toString(), descriptors, handles);
      Iterator<ColumnFamilyHandle> inOrder = handles.iterator();
      for (Family family : kept) {
        families.put(family, inOrder.next());
      }
      // The write-ahead log without fsync survives the death of the process; sync() is for power.
      writeOptions = own(new WriteOptions().setSync(false).setDisableWAL(false));
      if (!readOnly) {
        requireSafeOptions();
      }
    } catch (RocksDBException e) {
      closeOwned();
      throw opening(e);
    } catch (FileAlreadyExistsException e) {
      closeOwned();
      throw new IOException("store=" + path + " is a file, not a directory", e);
    } catch (IOException | RuntimeException e) {
      closeOwned();
      throw e;
    }
  }

  private static byte[] name(Family family) {
    return family == Family.META
        ? RocksDB.DEFAULT_COLUMN_FAMILY
        : family.name().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
  }

  private static DBOptions databaseOptions() {
    var byName = new Properties();
    // Finds a missing or cut log file; it has no setter.
    byName.setProperty("track_and_verify_wals", "true");
    DBOptions options = DBOptions.getDBOptionsFromProps(byName);
    if (options == null) {
      throw new IllegalStateException("this RocksDB does not know track_and_verify_wals");
    }
    return options
        .setCreateIfMissing(true)
        .setCreateMissingColumnFamilies(true)
        .setParanoidChecks(true)
        .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
        .setMaxTotalWalSize(MAX_WAL_BYTES)
        .setWriteBufferManager(BUFFERS)
        .setMaxBackgroundJobs(2)
        .setMaxOpenFiles(512)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setMaxLogFileSize(4 << 20)
        .setKeepLogFileNum(4);
  }

  private ColumnFamilyOptions familyOptions() {
    var table =
        new BlockBasedTableConfig()
            .setBlockCache(CACHE)
            .setFilterPolicy(own(new BloomFilter(10)))
            .setCacheIndexAndFilterBlocks(true)
            .setPinL0FilterAndIndexBlocksInCache(true)
            .setBlockSize(8 << 10);
    return new ColumnFamilyOptions()
        .setTableFormatConfig(table)
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setWriteBufferSize(16 << 20)
        .setLevelCompactionDynamicLevelBytes(true);
  }

  /** The options that the recovery rules rest on, read back from what RocksDB wrote down. */
  private void requireSafeOptions() throws IOException {
    Path newest;
    try (var files = Files.list(path)) {
      newest =
          files
              .filter(file -> file.getFileName().toString().matches("OPTIONS-\\d+"))
              .max(Path::compareTo)
              .orElseThrow(() -> new IOException(path + " has no OPTIONS file"));
    }
    List<String> lines = Files.readAllLines(newest).stream().map(String::strip).toList();
    for (String line :
        List.of(
            "paranoid_checks=true",
            "wal_recovery_mode=kPointInTimeRecovery",
            "track_and_verify_wals=true",
            "manual_wal_flush=false",
            "wal_bytes_per_sync=0",
            "recycle_log_file_num=0",
            "max_total_wal_size=" + MAX_WAL_BYTES)) {
      if (!lines.contains(line)) {
        throw new IOException(newest + " lacks " + line + ": this RocksDB is not safe to use here");
      }
    }
  }

  private IOException opening(RocksDBException e) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("lock file") || message.contains("/LOCK")) { // not any "block"
      return new IOException(
          "store=%s is in use by another process: stop it, or choose another store".formatted(path),
          e);
    }
    if (message.contains("Corruption")
        || (e.getStatus() != null && e.getStatus().getCode() == Status.Code.Corruption)) {
      return new IOException(
          "store=%s is damaged (%s): move it away and fold the log again, or restore a checkpoint"
              .formatted(path, message),
          e);
    }
    return new IOException("store=%s cannot be opened: %s".formatted(path, message), e);
  }

  /** Whether a read failed since the bytes are not what was written. */
  static boolean isDamage(RuntimeException e) {
    return !(e instanceof UncheckedIOException)
        || (e.getCause() != null
            && e.getCause().getCause() instanceof RocksDBException rocks
            && rocks.getStatus() != null
            && rocks.getStatus().getCode() == Status.Code.Corruption);
  }

  Path path() {
    return path;
  }

  public byte @Nullable [] get(Family family, byte[] key) {
    return use(() -> db.get(families.get(family), key));
  }

  /** A view of one point in time. */
  interface Snapshot {
    byte @Nullable [] get(Family family, byte[] key);
  }

  /** What to do with a snapshot. */
  interface SnapshotUse<T extends @Nullable Object> {
    T apply(Snapshot snapshot) throws RocksDBException;
  }

  /** Several reads of one point in time. */
  <T extends @Nullable Object> T atOnePoint(SnapshotUse<T> use) {
    return use(() -> {
      var snapshot = db.getSnapshot();
      try (var options = new ReadOptions().setSnapshot(snapshot)) {
        return use.apply((family, key) -> use(() -> db.get(families.get(family), options, key)));
      } finally {
        db.releaseSnapshot(snapshot);
      }
    });
  }

  /** Sees entries in key order; returns whether to go on. */
  public interface Visitor {
    boolean visit(byte[] key, byte[] value);
  }

  /** Visits the entries of a family from {@code from}, at one point in time, in key order. */
  public void scan(Family family, byte[] from, Visitor visitor) {
    use(() -> {
      try (var options = new ReadOptions().setFillCache(false);
          RocksIterator entries = db.newIterator(families.get(family), options)) {
        boolean more = true;
        for (entries.seek(from); more && entries.isValid(); entries.next()) {
          visited.increment();
          more = visitor.visit(entries.key(), entries.value());
        }
        entries.status();
        return null;
      }
    });
  }

  /** Entries that scans have visited since the database was opened. */
  public long visited() {
    return visited.sum();
  }

  /** About how many entries a family has. */
  long estimatedEntries(Family family) {
    return use(() -> db.getLongProperty(families.get(family), "rocksdb.estimate-num-keys"));
  }

  ColumnFamilyHandle handle(Family family) {
    ColumnFamilyHandle handle = families.get(family);
    if (handle == null) {
      throw new IllegalStateException("store=" + path + " is closed");
    }
    return handle;
  }

  /** Runs {@code work} with all handles valid: {@link #close} waits for it. */
  <T extends @Nullable Object> T whileOpen(Supplier<T> work) {
    return use(work::get);
  }

  /** An empty batch of changes, to be closed after it was written. */
  public RocksBatch batch() {
    return new RocksBatch(this);
  }

  /** Writes a batch: all of it or nothing. */
  public void write(RocksBatch batch) {
    use(() -> {
      db.write(writeOptions, batch.changes());
      return null;
    });
  }

  /** Makes everything written so far survive a loss of power. */
  public void sync() {
    use(() -> {
      db.flushWal(true);
      return null;
    });
  }

  /**
   * Rewrites the files that hold a range of keys, so that what was deleted there leaves the disk,
   * and the write-ahead log with it. Long: reads and writes go on, {@link #close} cancels it.
   */
  void rewrite(Family family, byte[] from, byte[] to) {
    use(() -> {
      flush();
      try (var options = new CompactRangeOptions()) {
        options.setExclusiveManualCompaction(false).setMaxSubcompactions(1);
        options.setBottommostLevelCompaction(
            CompactRangeOptions.BottommostLevelCompaction.kForceOptimized);
        if (mayRewrite(options)) {
          try {
            db.compactRange(families.get(family), from, to, options);
          } catch (RocksDBException e) {
            if (!closing) {
              throw e;
            }
          } finally {
            mayRewrite(null);
          }
        }
      }
      return null;
    });
  }

  /** Says which compaction {@link #close} is to cancel; false when it is too late to begin one. */
  private synchronized boolean mayRewrite(@Nullable CompactRangeOptions options) {
    rewriting = options;
    return !closing;
  }

  private synchronized void cancelRewrite() {
    closing = true;
    if (rewriting != null) {
      rewriting.setCanceled(true);
    }
  }

  /** Writes a copy of this point in time to {@code target}, which must not exist. */
  void checkpoint(Path target) {
    use(() -> {
      try (Checkpoint checkpoint = Checkpoint.create(db)) {
        checkpoint.createCheckpoint(target.toString());
      }
      return null;
    });
  }

  private interface Use<T extends @Nullable Object> {
    T run() throws RocksDBException;
  }

  private <T extends @Nullable Object> T use(Use<T> use) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("store=" + path + " is closed");
      }
      return use.run();
    } catch (RocksDBException e) {
      String message = "store=%s: %s".formatted(path, e.getMessage());
      throw new UncheckedIOException(message, new IOException(message, e));
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Waits for the reads under way; writes the memtables out, so that the next start replays none.
   */
  @Override
  public void close() {
    cancelRewrite();
    lock.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      if (!readOnly) {
        flush();
      }
      families.values().forEach(ColumnFamilyHandle::close);
      families.clear();
      db.close();
      closeOwned();
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void flush() {
    try (var options = new FlushOptions().setWaitForFlush(true)) {
      db.flush(options, List.copyOf(families.values()));
    } catch (RocksDBException e) {
      // The log has it all: the next start reads it from there.
      System.getLogger(RocksDatabase.class.getName())
          .log(System.Logger.Level.WARNING, "memtables not flushed at close: " + e.getMessage());
    }
  }

  private <T extends AbstractNativeReference> T own(T reference) {
    owned.add(reference);
    return reference;
  }

  private void closeOwned() {
    owned.reversed().forEach(AbstractNativeReference::close);
    owned.clear();
  }
}
