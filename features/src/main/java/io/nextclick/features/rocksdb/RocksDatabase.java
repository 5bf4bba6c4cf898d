// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.rocksdb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;

/**
 * A database on disk: families of keys and values in the order of their keys, written in batches of
 * all or nothing.
 *
 * <p>Reading a closed database kills the JVM, so every use holds a share of a lock that {@link
 * #close} waits for.
 */
public final class RocksDatabase implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(RocksDatabase.class.getName());
  private static final int PATIENCE_MILLIS = 200;
  private static final int PAUSE_MILLIS = 800;

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final RocksFamily[] families; // by their ordinals, as the handles
  private final Path path;
  private final boolean readOnly;
  private OpenRocks open; // by the lock
  private volatile @Nullable String damage;
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
      open = new OpenRocks(path, readOnly, true, families);
    } catch (RocksDBException e) {
      throw opening(e);
    } catch (FileAlreadyExistsException e) {
      throw new IOException("store=" + path + " is a file, not a directory", e);
    }
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
    return !(e instanceof UncheckedIOException) || isCorruption(e);
  }

  private static boolean isCorruption(RuntimeException e) {
    return e.getCause() != null
        && e.getCause().getCause() instanceof RocksDBException rocks
        && rocks.getStatus() != null
        && rocks.getStatus().getCode() == Status.Code.Corruption;
  }

  public Path path() {
    return path;
  }

  public byte @Nullable [] get(RocksFamily family, byte[] key) {
    return use(() -> open.db().get(handle(family), key));
  }

  /** A view of one point in time. */
  public interface Snapshot {
    byte @Nullable [] get(RocksFamily family, byte[] key);
  }

  /** Several reads of one point in time. */
  public <T extends @Nullable Object> T atOnePoint(Function<Snapshot, T> use) {
    return use(() -> {
      var snapshot = open.db().getSnapshot();
      try (var options = new ReadOptions().setSnapshot(snapshot)) {
        return use.apply((family, key) -> use(() -> open.db().get(handle(family), options, key)));
      } finally {
        open.db().releaseSnapshot(snapshot);
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
          RocksIterator entries = open.db().newIterator(handle(family), options)) {
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
    return use(() -> open.db().getLongProperty(handle(family), "rocksdb.estimate-num-keys"));
  }

  /**
   * Runs {@code work} with all handles valid: {@link #close} waits for it. Where a write is refused
   * since a compaction has met damage, the work is run once more: nothing of it was written.
   */
  public <T extends @Nullable Object> T whileOpen(Supplier<T> work) {
    return writing(work::get);
  }

  /** Writes what {@code changes} puts into a batch: all of it or, if that throws, nothing. */
  public void write(Consumer<RocksBatch> changes) {
    writing(() -> {
      try (WriteBatch batch = new WriteBatch()) {
        changes.accept(new NativeBatch(batch, this::handle));
        open.write(batch);
      } catch (NativeBatch.Refused e) {
        throw e.reason();
      }
      return null;
    });
  }

  private ColumnFamilyHandle handle(RocksFamily family) {
    int at = family.ordinal();
    if (at >= families.length || !families[at].equals(family)) {
      throw new IllegalArgumentException("store=" + path + " has no family " + family);
    }
    return open.handle(at);
  }

  /** Makes everything written so far survive a loss of power. */
  public void sync() {
    use(() -> {
      open.db().flushWal(true);
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
        requireSound();
        rewriteAlone(family, from, to);
      } finally {
        rewrites.unlock();
      }
      return null;
    });
  }

  private void requireSound() throws RocksDBException {
    if (damage != null) {
      throw new RocksDBException("nothing can be rewritten beside what is damaged: " + damage);
    }
  }

  private void rewriteAlone(RocksFamily family, byte @Nullable [] from, byte @Nullable [] to)
      throws RocksDBException {
    open.flush();
    try (var options = new CompactRangeOptions()) {
      options.setExclusiveManualCompaction(false).setMaxSubcompactions(1);
      options.setBottommostLevelCompaction(
          CompactRangeOptions.BottommostLevelCompaction.kForceOptimized);
      if (mayRewrite(options)) {
        try {
          open.db().compactRange(handle(family), from, to, options);
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
      try (Checkpoint checkpoint = Checkpoint.create(open.db())) {
        checkpoint.createCheckpoint(target.toString());
      }
      return null;
    });
  }

  /**
   * What of the files is damaged, as far as writing has met it: from then on nothing is compacted,
   * and what is sound is read and written as before. Null as long as nothing is known.
   */
  public @Nullable String damage() {
    return damage;
  }

  /**
   * A compaction that meets a damaged block makes RocksDB refuse all writes, also of what has
   * nothing to do with it, until the database is opened again; and the next compaction would do the
   * same.
   */
  private <T extends @Nullable Object> T writing(Use<T> work) {
    try {
      return use(work);
    } catch (UncheckedIOException e) {
      if (readOnly || lock.getReadHoldCount() > 0 || !isCorruption(e) || !stopCompacting(e)) {
        throw e;
      }
      return use(work);
    }
  }

  private boolean stopCompacting(UncheckedIOException e) {
    try {
      while (!closing) {
        // Whoever waits for this lock holds up the readers that come: so not for long at a time.
        if (lock.writeLock().tryLock(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
          try {
            return openAgain(e);
          } finally {
            lock.writeLock().unlock();
          }
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private boolean openAgain(UncheckedIOException e) {
    if (closed || damage != null) {
      return !closed; // somebody else was first
    }
    damage = String.valueOf(e.getMessage());
    LOG.log(
        System.Logger.Level.ERROR,
        "{0}: from now on nothing is compacted, so that all else can be written",
        damage);
    closed = true;
    open.close();
    try {
      open = new OpenRocks(path, false, false, families);
      closed = false;
    } catch (RocksDBException | IOException again) {
      LOG.log(System.Logger.Level.ERROR, path + " cannot be opened again", again);
    }
    return !closed;
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
      open.close();
    } finally {
      lock.writeLock().unlock();
    }
  }
}
