// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.rocksdb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BloomFilter;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * A database on disk: families of keys and values in the order of their keys, written in batches of
 * all or nothing.
 *
 * <p>Reading a closed database kills the JVM, so every use holds a share of a lock that {@link
 * #close} waits for.
 */
public final class RocksDatabase implements AutoCloseable {

  private static final String DEFAULT = "META";

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final List<AbstractNativeReference> owned = new ArrayList<>();
  private final RocksFamily[] families; // by their ordinals, as the handles
  private ColumnFamilyHandle[] handles = {};
  private final Path path;
  private final boolean readOnly;
  private final RocksDB db;
  private final WriteOptions writeOptions;
  private final LongAdder visited = new LongAdder();
  private final ReentrantLock rewrites = new ReentrantLock();
  private @Nullable CompactRangeOptions rewriting; // by this
  private volatile boolean closing;
  private boolean closed;

  /**
   * Opens, or creates, a database.
   *
   * @param families that it has: all constants of an enum
   * @throws IOException if it is in use, damaged or cannot be written; the message says what to do
   */
  public static RocksDatabase open(Path path, RocksFamily... families) throws IOException {
    return new RocksDatabase(path, false, families.clone());
  }

  /** Opens a database that nobody writes to. */
  public static RocksDatabase openReadOnly(Path path, RocksFamily... families) throws IOException {
    return new RocksDatabase(path, true, families.clone());
  }

  private RocksDatabase(Path path, boolean readOnly, RocksFamily[] families) throws IOException {
    this.families = families;
    this.path = path;
    this.readOnly = readOnly;
    try {
      if (!readOnly) {
        Files.createDirectories(path);
      }
      db = open();
      writeOptions = own(RocksOptions.ofWrites());
      if (!readOnly) {
        RocksOptions.requireSafe(path);
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

  private RocksDB open() throws RocksDBException {
    DBOptions options = own(RocksOptions.ofDatabase());
    ColumnFamilyOptions familyOptions = own(RocksOptions.ofFamily(own(new BloomFilter(10))));
    List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
    for (RocksFamily family : families) {
      descriptors.add(new ColumnFamilyDescriptor(name(family), familyOptions));
    }
    List<ColumnFamilyHandle> inOrder = new ArrayList<>();
    RocksDB opened =
        readOnly
            ? RocksDB.openReadOnly(options, path.toString(), descriptors, inOrder)
            : RocksDB.open(options, path.toString(), descriptors, inOrder);
    handles = inOrder.toArray(new ColumnFamilyHandle[0]);
    return opened;
  }

  private static byte[] name(RocksFamily family) {
    return family.name().equals(DEFAULT)
        ? RocksDB.DEFAULT_COLUMN_FAMILY
        : family.name().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
  }

  /** The version of RocksDB. */
  public static String version() {
    return RocksDB.rocksdbVersion().toString();
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
  public static boolean isDamage(RuntimeException e) {
    return !(e instanceof UncheckedIOException)
        || (e.getCause() != null
            && e.getCause().getCause() instanceof RocksDBException rocks
            && rocks.getStatus() != null
            && rocks.getStatus().getCode() == Status.Code.Corruption);
  }

  public Path path() {
    return path;
  }

  public byte @Nullable [] get(RocksFamily family, byte[] key) {
    return use(() -> db.get(handle(family), key));
  }

  /** A view of one point in time. */
  public interface Snapshot {
    byte @Nullable [] get(RocksFamily family, byte[] key);
  }

  /** Several reads of one point in time. */
  public <T extends @Nullable Object> T atOnePoint(Function<Snapshot, T> use) {
    return use(() -> {
      var snapshot = db.getSnapshot();
      try (var options = new ReadOptions().setSnapshot(snapshot)) {
        return use.apply((family, key) -> use(() -> db.get(handle(family), options, key)));
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
  public void scan(RocksFamily family, byte[] from, Visitor visitor) {
    use(() -> {
      try (var options = new ReadOptions().setFillCache(false);
          RocksIterator entries = db.newIterator(handle(family), options)) {
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
  public long estimatedEntries(RocksFamily family) {
    return use(() -> db.getLongProperty(handle(family), "rocksdb.estimate-num-keys"));
  }

  /** Runs {@code work} with all handles valid: {@link #close} waits for it. */
  public <T extends @Nullable Object> T whileOpen(Supplier<T> work) {
    return use(work::get);
  }

  /** Writes what {@code changes} puts into a batch: all of it or, if that throws, nothing. */
  public void write(Consumer<RocksBatch> changes) {
    use(() -> {
      try (WriteBatch batch = new WriteBatch()) {
        changes.accept(new NativeBatch(batch, this::handle));
        db.write(writeOptions, batch);
      } catch (NativeBatch.Refused e) {
        throw e.reason();
      }
      return null;
    });
  }

  private ColumnFamilyHandle handle(RocksFamily family) {
    int at = family.ordinal();
    if (at >= handles.length || !families[at].equals(family)) {
      throw new IllegalArgumentException("store=" + path + " has no family " + family);
    }
    return handles[at];
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
   * and the write-ahead log with it. Long: reads and writes go on, {@link #close} cancels it. One
   * at a time: a second one waits.
   *
   * @param from null for the whole family
   * @throws IllegalStateException if it was cancelled
   */
  public void rewrite(RocksFamily family, byte @Nullable [] from, byte @Nullable [] to) {
    use(() -> {
      rewrites.lock();
      try {
        rewriteAlone(family, from, to);
      } finally {
        rewrites.unlock();
      }
      return null;
    });
  }

  private void rewriteAlone(RocksFamily family, byte @Nullable [] from, byte @Nullable [] to)
      throws RocksDBException {
    flush();
    try (var options = new CompactRangeOptions()) {
      options.setExclusiveManualCompaction(false).setMaxSubcompactions(1);
      options.setBottommostLevelCompaction(
          CompactRangeOptions.BottommostLevelCompaction.kForceOptimized);
      if (mayRewrite(options)) {
        try {
          db.compactRange(handle(family), from, to, options);
        } catch (RocksDBException e) {
          if (!closing) {
            throw e;
          }
        } finally {
          mayRewrite(null);
        }
      }
      if (closing) {
        throw closed();
      }
    }
  }

  private IllegalStateException closed() {
    return new IllegalStateException("store=" + path + " is closed");
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
  public void checkpoint(Path target) {
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
        throw closed();
      }
      return use.run();
    } catch (RocksDBException e) {
      throw failure(e);
    } finally {
      lock.readLock().unlock();
    }
  }

  private UncheckedIOException failure(RocksDBException e) {
    String message = "store=%s: %s".formatted(path, e.getMessage());
    return new UncheckedIOException(message, new IOException(message, e));
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
      for (ColumnFamilyHandle handle : handles) {
        handle.close();
      }
      db.close();
      closeOwned();
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void flush() {
    try (var options = new FlushOptions().setWaitForFlush(true)) {
      db.flush(options, List.of(handles));
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
