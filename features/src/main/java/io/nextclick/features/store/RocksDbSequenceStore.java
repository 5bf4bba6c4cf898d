// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.bytes.CorruptRecordException;
import io.nextclick.features.item.ConcurrentItemCatalog;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.mapping.EventMapping;
import io.nextclick.features.rocksdb.ErasedBytes;
import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.sequence.BatchFold;
import io.nextclick.features.sequence.BatchOutcome;
import io.nextclick.features.sequence.Erasure;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.FoldedBatch;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.QuarantineEntry;
import io.nextclick.features.sequence.SequenceCodec;
import io.nextclick.features.sequence.SequenceReducer;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.StateView;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.features.store.Failpoints.Point;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The sequence store on disk.
 *
 * <p>Sequences, items, ledger, quarantine, next offset, counters and digest of a batch go into one
 * RocksDB {@code WriteBatch}: after any kill, the state is the fold of the log up to the stored
 * offset.
 */
public class RocksDbSequenceStore implements SequenceStore {

  private final RocksDatabase db;
  private final FoldSettings settings;
  private final SequenceReducer reducer;
  private final ErasureLedger ledger;
  private final Quarantine quarantine;
  private final ErasedBytes erasedBytes;
  private final RetentionSweep sweep;
  private final LongAdder forgotten = new LongAdder();
  private final StoredSequences sequences;
  private final Failpoints failpoints;
  private final StateView view;
  private final ConcurrentItemCatalog items = new ConcurrentItemCatalog();
  private final Map<SourcePartition, PartitionState> partitions = new ConcurrentSkipListMap<>();

  /**
   * Opens, or creates, a store.
   *
   * @throws IOException if it is in use, damaged, or was folded with other settings
   */
  public static RocksDbSequenceStore open(Path path, FoldSettings settings) throws IOException {
    return new RocksDbSequenceStore(path, settings, Failpoints.NONE, new SecureRandom());
  }

  /** The same, where some settings may be left to a store that exists. */
  public static RocksDbSequenceStore open(Path path, WantedFold wanted) throws IOException {
    RocksDatabase db = RocksDatabase.open(path, Family.values());
    return new RocksDbSequenceStore(db, wanted, Failpoints.NONE, new SecureRandom());
  }

  /** Opens a store that nobody writes to, or a checkpoint; it keeps the settings it has. */
  public static RocksDbSequenceStore openReadOnly(Path path) throws IOException {
    RocksDatabase db = RocksDatabase.openReadOnly(path, Family.values());
    return new RocksDbSequenceStore(db, null, Failpoints.NONE, new SecureRandom());
  }

  /** Opens a store with failpoints and a given source of randomness for a new ledger's key. */
  protected RocksDbSequenceStore(
      Path path, FoldSettings settings, Failpoints failpoints, RandomGenerator random)
      throws IOException {
    this(RocksDatabase.open(path, Family.values()), new WantedFold(settings), failpoints, random);
  }

  private RocksDbSequenceStore(
      RocksDatabase db, @Nullable WantedFold wanted, Failpoints failpoints, RandomGenerator random)
      throws IOException {
    try {
      this.db = db;
      if (wanted != null) {
        StoreHeader.write(db, wanted.settings(), random);
      }
      this.settings = StoreHeader.settings(db, wanted);
      this.reducer = new SequenceReducer(settings);
      this.ledger = new ErasureLedger(db);
      this.quarantine = new Quarantine(db);
      this.erasedBytes = new ErasedBytes(db, Family.META, Family.SEQUENCES, Family.QUARANTINE);
      this.sweep =
          new RetentionSweep(
              db, settings.retention(), partitions, this::deleteForgotten, failpoints);
      this.sequences = new StoredSequences(db, settings);
      this.failpoints = failpoints;
      this.view = new StoreView(db, ledger, items, partitions);
      load();
      if (wanted != null) {
        erasedBytes.resume();
        sweep.start();
      }
    } catch (CorruptRecordException | UncheckedIOException e) {
      db.close();
      throw new IOException(
          "store=%s is damaged (%s): move it away and fold the log again, or restore a checkpoint"
              .formatted(db.path(), e.getMessage()),
          e);
    } catch (IOException | RuntimeException e) {
      db.close();
      throw e;
    }
  }

  private void load() {
    db.scan(
        Family.PARTITIONS,
        new byte[0],
        (key, value) -> {
          partitions.put(Keys.partitionOf(key), Values.partitionState(value));
          return true;
        });
    db.scan(
        Family.ITEMS,
        new byte[0],
        (key, value) -> {
          items.put(Values.item(new String(key, StandardCharsets.UTF_8), value));
          return true;
        });
  }

  @Override
  public FoldSettings settings() {
    return settings;
  }

  @Override
  public StoredSequence get(String user, Predicate<SourcePartition> mayRead) {
    return sequences.get(user, partitions.keySet(), mayRead);
  }

  @Override
  public BatchOutcome apply(SourceBatch batch) {
    return db.whileOpen(() -> foldAndWrite(batch));
  }

  private synchronized BatchOutcome foldAndWrite(SourceBatch batch) {
    FoldedBatch folded = BatchFold.fold(reducer, view, batch);
    items.requireRoom(folded.items());
    failpoints.pass(Point.BEFORE_BATCH);
    var changes =
        new BatchChanges(
            db, ledger, quarantine, folded, batch.partition(), partitions, settings.retention());
    if (folded.erasures().isEmpty()) {
      write(db, changes);
    } else {
      erasedBytes.begin();
      try {
        write(db, changes);
      } finally {
        erasedBytes.end(changes.erased());
      }
    }
    failpoints.pass(Point.AFTER_BATCH);
    folded.items().forEach(items::put);
    partitions.putAll(changes.partitions());
    forgotten.add(folded.forgotten() + changes.forgotten());
    return folded.outcome();
  }

  /** Writes all that a batch changes; a test overrides it to show what the one batch is for. */
  void write(RocksDatabase into, BatchChanges changes) {
    into.write(batch -> {
      changes.putState(batch);
      changes.putPosition(batch);
      if (!changes.erased().isEmpty()) {
        erasedBytes.note(batch);
      }
    });
  }

  @Override
  public long sweep() {
    return sweep.whole();
  }

  /** Users whom the retention has dropped since the store was opened. */
  public long forgotten() {
    return forgotten.sum();
  }

  private int deleteForgotten(List<byte[]> keys) {
    return db.whileOpen(() -> delete(keys));
  }

  private synchronized int delete(List<byte[]> keys) {
    Map<SourcePartition, PartitionState> changed = new HashMap<>();
    int[] deleted = new int[1];
    failpoints.pass(Point.BEFORE_SWEEP);
    db.write(batch -> deleted[0] = sweep.delete(batch, keys, changed));
    failpoints.pass(Point.AFTER_SWEEP);
    partitions.putAll(changed);
    forgotten.add(deleted[0]);
    return deleted[0];
  }

  /** Takes the bytes of erased users off the disk now, not in a while; for tests. */
  void removeErasedBytes() {
    erasedBytes.removeAll();
  }

  @Override
  public Map<SourcePartition, PartitionState> partitions() {
    return Map.copyOf(partitions);
  }

  @Override
  public ItemCatalog items() {
    return items;
  }

  /** The items with what they take of memory. */
  public ConcurrentItemCatalog catalog() {
    return items;
  }

  /** The records that could not be folded. */
  public Quarantine quarantine() {
    return quarantine;
  }

  /** Visits the refused records that name this user where an event of these settings does. */
  public void forEachRefusedOf(String user, Consumer<QuarantineEntry> visitor) {
    EventMapping mapping = settings.mapping();
    List<String> fields = mapping == null ? List.of("user") : mapping.userFields();
    for (SourcePartition partition : partitions.keySet()) {
      quarantine.forEachOf(partition, user, fields, visitor);
    }
  }

  /** The last erasure of a user, by the partitions whose events it counts for. */
  public Map<SourcePartition, Erasure> erasures(String user) {
    return ledger.of(partitions.keySet(), user);
  }

  @Override
  public void forEach(BiConsumer<String, UserSequence> visitor) {
    Map<SourcePartition, PartitionState> states = partitions();
    forEachStored((partition, user, value) -> {
      UserSequence sequence = SequenceCodec.decode(user, value);
      PartitionState state = states.get(partition);
      if (state == null || !settings.retention().forgets(sequence, state)) {
        visitor.accept(user, sequence);
      }
    });
  }

  /**
   * Hands the users and sequences of one partition to {@code visitor}, as {@link
   * #forEach(BiConsumer)} does.
   *
   * @throws UnreadableStateException at the first that cannot be read
   */
  public void forEach(SourcePartition partition, BiConsumer<String, UserSequence> visitor) {
    sequences.forEach(partition, partitions.get(partition), visitor);
  }

  /** Visits every stored value, of forgotten users too, at one point in time, in key order. */
  public void forEachStored(StoredVisitor visitor) {
    sequences.forEachStored(visitor);
  }

  /** What of the files is damaged, as far as writing has met it; null as long as nothing is. */
  public @Nullable String damage() {
    return db.damage();
  }

  /** About how many users are stored. */
  public long estimatedUsers() {
    return db.estimatedEntries(Family.SEQUENCES);
  }

  /**
   * Reads every value, and compares every partition's digest with a scan of its values; for use
   * while nothing is applied.
   *
   * @return values of users that were read
   * @throws IOException if a value is damaged or a digest differs; the message names the store
   */
  public long verifyDigests() throws IOException {
    return sequences.verify(partitions);
  }

  /**
   * Makes everything applied so far survive a loss of power.
   *
   * @return the durable next offset of every partition
   */
  public Map<SourcePartition, Long> sync() {
    Map<SourcePartition, Long> durable = new HashMap<>();
    partitions.forEach((partition, state) -> durable.put(partition, state.nextOffset()));
    db.sync();
    return durable;
  }

  /** Bytes that the file system of this store has free. */
  public long freeBytes() throws IOException {
    return Files.getFileStore(db.path()).getUsableSpace();
  }

  /**
   * Writes a copy of this point in time, with the hashes of its files in {@code SHA256SUMS}:
   * complete under {@code target}, or absent. The copy is read whole and compared with its digests.
   *
   * @throws IOException if {@code target} exists or cannot be written, or the state is damaged
   */
  public void checkpoint(Path target) throws IOException {
    erasedBytes.removeFew(); // else the copy would have what the store is about to lose
    StoreCheckpoint.write(
        target,
        db::checkpoint,
        copy -> {
          try (RocksDbSequenceStore read = openReadOnly(copy)) {
            read.verifyDigests(); // what a damaged store gives is no copy to go back to
          }
        });
  }

  /**
   * Whether the state is a checkpoint's that has not come up to the log since: it may hold users
   * who were erased after the checkpoint.
   */
  public boolean isRestored() {
    return StoreCheckpoint.isRestored(db.path());
  }

  /** Says that all that the log had after the checkpoint has been folded. */
  public void caughtUp() throws IOException {
    StoreCheckpoint.caughtUp(db.path());
  }

  /**
   * Takes over another store's erasure ledger, so that a rebuild forgets whom that one forgot: by
   * offset where it reads the same partition, and by event time whatever it reads, such as an
   * exported log.
   *
   * @throws IOException if this store has folded already
   */
  public void copyErasuresFrom(RocksDbSequenceStore other) throws IOException {
    copyErasuresFrom(other.db);
  }

  /** The same from a store that nobody has open, also one of another version of the fold. */
  public void copyErasuresFrom(Path other) throws IOException {
    try (RocksDatabase read = RocksDatabase.openReadOnly(other, Family.values())) {
      copyErasuresFrom(read);
    }
  }

  private void copyErasuresFrom(RocksDatabase other) throws IOException {
    if (!partitions.isEmpty()) {
      throw new IOException("store=" + db.path() + " has folded already: its ledger is its own");
    }
    ledger.copyFrom(other);
  }

  /** Whether somebody was erased here, or in the store whose ledger was taken over. */
  public boolean hasErasures() {
    return ledger.hasEntries();
  }

  /** Whether another store's ledger was taken over. */
  public boolean hasCopiedErasures() {
    return ledger.isCopied();
  }

  @Override
  public void close() {
    erasedBytes.close();
    sweep.close();
    db.close();
  }
}
