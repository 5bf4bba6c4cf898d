// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.file.Disk;
import io.nextclick.features.item.ConcurrentItemCatalog;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.item.StoredItem;
import io.nextclick.features.sequence.BatchFold;
import io.nextclick.features.sequence.BatchOutcome;
import io.nextclick.features.sequence.CorruptRecordException;
import io.nextclick.features.sequence.Erasure;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.FoldedBatch;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceCodec;
import io.nextclick.features.sequence.SequenceReducer;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.StateView;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.features.sequence.UnreadableStateException;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.features.store.Failpoints.Point;
import io.nextclick.features.store.RocksDatabase.Family;
import io.nextclick.features.store.RocksDatabase.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The sequence store on disk.
 *
 * <p>Sequences, items, ledger, quarantine, next offset, counters and digest of a batch go into one
 * RocksDB {@code WriteBatch}: after any kill, the state is the fold of the log up to the stored
 * offset (invariant I1).
 */
public class RocksDbSequenceStore implements SequenceStore {

  private static final byte[] SETTINGS = utf8("settings");
  private static final byte[] LEDGER_KEY = utf8("ledger-key");
  private static final byte[] LEDGER_COPIED = utf8("ledger-copied");
  // No partition's key begins with it: topics have a length.
  private static final byte[] ANY_SOURCE = {0};

  private static final String RESTORED = "RESTORED";

  private final RocksDatabase db;
  private final FoldSettings settings;
  private final SequenceReducer reducer;
  private final ErasureLedger ledger;
  private final Quarantine quarantine;
  private final ErasedBytes erasedBytes;
  private final Failpoints failpoints;
  private final ConcurrentItemCatalog items = new ConcurrentItemCatalog();
  private final Map<SourcePartition, PartitionState> partitions = new ConcurrentSkipListMap<>();
  private final Map<SourcePartition, PartitionState> elsewhere = new HashMap<>(); // of one batch

  /**
   * Opens, or creates, a store.
   *
   * @throws IOException if it is in use, damaged, or was folded with other settings
   */
  public static RocksDbSequenceStore open(Path path, FoldSettings settings) throws IOException {
    return new RocksDbSequenceStore(path, settings, Failpoints.NONE, new SecureRandom());
  }

  /** Opens a store that nobody writes to, or a checkpoint; it keeps the settings it has. */
  public static RocksDbSequenceStore openReadOnly(Path path) throws IOException {
    return new RocksDbSequenceStore(
        new RocksDatabase(path, true, RocksDatabase.OF_SEQUENCES), null, Failpoints.NONE);
  }

  /** Opens a store with failpoints and a given source of randomness for a new ledger's key. */
  protected RocksDbSequenceStore(
      Path path, FoldSettings settings, Failpoints failpoints, RandomGenerator random)
      throws IOException {
    this(
        initialised(new RocksDatabase(path, false, RocksDatabase.OF_SEQUENCES), settings, random),
        settings,
        failpoints);
  }

  private RocksDbSequenceStore(
      RocksDatabase db, @Nullable FoldSettings wanted, Failpoints failpoints) throws IOException {
    try {
      this.db = db;
      this.settings = storedSettings(db, wanted);
      this.reducer = new SequenceReducer(settings);
      this.ledger = new ErasureLedger(required(db, LEDGER_KEY));
      this.quarantine = new Quarantine(db);
      this.erasedBytes = new ErasedBytes(db);
      this.failpoints = failpoints;
      load();
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

  /** Writes settings and ledger key into a new database, and leaves an old one as it is. */
  private static RocksDatabase initialised(
      RocksDatabase db, FoldSettings settings, RandomGenerator random) throws IOException {
    if (db.get(Family.META, SETTINGS) == null) {
      try (var batch = db.batch()) {
        batch.put(Family.META, SETTINGS, Values.settings(settings));
        batch.put(Family.META, LEDGER_KEY, ErasureLedger.newKey(random));
        db.write(batch);
      } catch (UncheckedIOException e) {
        db.close();
        throw new IOException(e);
      }
    }
    return db;
  }

  private static FoldSettings storedSettings(RocksDatabase db, @Nullable FoldSettings wanted)
      throws IOException {
    var stored = Values.settings(required(db, SETTINGS));
    if (stored.foldVersion() != FoldSettings.FOLD_VERSION) {
      throw new IOException(
          "store=%s was folded by version %d of the fold, this program has version %d: fold the log again into a new store"
              .formatted(db.path(), stored.foldVersion(), FoldSettings.FOLD_VERSION));
    }
    if (wanted != null && !Objects.equals(wanted.mapping(), stored.settings().mapping())) {
      throw new IOException(
          "store=%s was folded with events.mapping %s, but is to be opened with %s: take the old mapping, or fold the log again into a new store"
              .formatted(db.path(), stored.settings().mapping(), wanted.mapping()));
    }
    if (wanted != null && !wanted.equals(stored.settings())) {
      throw new IOException(
          "store=%s was folded with %s, but the configuration says %s: take the old settings, or fold the log again into a new store"
              .formatted(db.path(), stored.settings(), wanted));
    }
    return stored.settings();
  }

  private static byte[] required(RocksDatabase db, byte[] key) throws IOException {
    byte[] value = db.get(Family.META, key);
    if (value == null) {
      throw new IOException("store=" + db.path() + " is not a sequence store");
    }
    return value;
  }

  private void load() {
    ledgerCopied = db.get(Family.META, LEDGER_COPIED) != null;
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
    return db.atOnePoint(snapshot -> merged(user, mayRead, snapshot));
  }

  private StoredSequence merged(
      String user, Predicate<SourcePartition> mayRead, Snapshot snapshot) {
    StoredSequence stored = StoredSequence.UNKNOWN;
    for (SourcePartition partition : partitions.keySet()) {
      if (!mayRead.test(partition)) {
        continue;
      }
      try {
        stored = merged(stored, user, partition, snapshot);
      } catch (CorruptRecordException | UncheckedIOException e) {
        throw new UnreadableStateException(partition, RocksDatabase.isDamage(e), e);
      }
    }
    return stored;
  }

  private StoredSequence merged(
      StoredSequence others, String user, SourcePartition partition, Snapshot snapshot) {
    byte[] prefix = Keys.partition(partition);
    byte[] value = snapshot.get(Family.SEQUENCES, Keys.sequence(prefix, user));
    byte[] state = value == null ? null : snapshot.get(Family.PARTITIONS, prefix);
    if (value == null || state == null) {
      return others;
    }
    PartitionState folded = Values.partitionState(state);
    return others.with(user, value, partition, folded, settings.maxHistory());
  }

  @Override
  public BatchOutcome apply(SourceBatch batch) {
    return db.whileOpen(() -> foldAndWrite(batch));
  }

  private synchronized BatchOutcome foldAndWrite(SourceBatch batch) {
    elsewhere.clear();
    FoldedBatch folded = BatchFold.fold(reducer, view, batch);
    items.requireRoom(folded.items());
    failpoints.pass(Point.BEFORE_BATCH);
    List<byte[]> erased = keysOfErased(folded, batch.partition());
    write(folded, batch.partition());
    failpoints.pass(Point.AFTER_BATCH);
    folded.items().forEach(items::put);
    partitions.putAll(elsewhere);
    partitions.put(batch.partition(), folded.state());
    erased.forEach(erasedBytes::add);
    return folded.outcome();
  }

  /** Where something of users lies who are erased now. */
  private List<byte[]> keysOfErased(FoldedBatch folded, SourcePartition partition) {
    List<byte[]> keys = new ArrayList<>();
    for (String user : folded.erasures().keySet()) {
      byte[] key = Keys.sequence(Keys.partition(partition), user);
      if (db.get(Family.SEQUENCES, key) != null) {
        keys.add(key);
      }
    }
    return keys;
  }

  /** Takes the bytes of erased users off the disk now, not in a while; for tests. */
  void removeErasedBytes() {
    erasedBytes.removeAll();
  }

  /** Writes all that a batch changes; a test overrides it to show what the one batch is for. */
  protected void write(FoldedBatch folded, SourcePartition partition) {
    try (var batch = db.batch()) {
      putState(batch, folded, partition);
      putPosition(batch, folded, partition);
      db.write(batch);
    }
  }

  /** Adds everything but the partition's state. */
  protected final void putState(RocksBatch batch, FoldedBatch folded, SourcePartition partition) {
    byte[] prefix = Keys.partition(partition);
    for (var entry : folded.sequences().entrySet()) {
      byte[] key = Keys.sequence(prefix, entry.getKey());
      byte[] value = entry.getValue().orElse(null);
      if (value == null) {
        batch.delete(Family.SEQUENCES, key);
      } else {
        batch.put(Family.SEQUENCES, key, value);
      }
    }
    for (var entry : folded.erasures().entrySet()) {
      byte[] key = Keys.concat(prefix, ledger.name(entry.getKey()));
      batch.put(Family.ERASURES, key, Values.erasure(entry.getValue()));
    }
    for (StoredItem item : folded.items()) {
      batch.put(Family.ITEMS, utf8(item.item().id()), Values.item(item));
    }
    quarantine.put(batch, partition, folded.quarantine());
    eraseElsewhere(batch, folded.erasures(), partition.topic());
  }

  /**
   * Erases what logs of other names left of erased users up to the time of the request, such as an
   * archive that was folded first: no request will ever come in those. Their state is the fold of
   * their logs with the ledger.
   */
  private void eraseElsewhere(RocksBatch batch, Map<String, Erasure> erasures, String topic) {
    for (var erased : erasures.entrySet()) {
      for (var entry : partitions.entrySet()) {
        SourcePartition other = entry.getKey();
        byte[] prefix = Keys.partition(other);
        byte[] key = Keys.sequence(prefix, erased.getKey());
        byte[] value = other.topic().equals(topic) ? null : db.get(Family.SEQUENCES, key);
        if (value != null) {
          PartitionState state = elsewhere.getOrDefault(other, entry.getValue());
          long time = erased.getValue().timeMillis();
          byte[] name = Keys.concat(prefix, ledger.name(erased.getKey()));
          Erasure before = erasureAt(name);
          Erasure now = new Erasure(0, time);
          now = before == null ? now : before.merge(now);
          batch.put(Family.ERASURES, name, Values.erasure(now));
          UserSequence left = SequenceCodec.decode(erased.getKey(), value).after(time);
          byte[] after = left.isEmpty() ? null : SequenceCodec.encode(erased.getKey(), left);
          if (after == null) {
            batch.delete(Family.SEQUENCES, key);
          } else {
            batch.put(Family.SEQUENCES, key, after);
          }
          erasedBytes.add(key);
          PartitionState changed = state.with(value, after);
          batch.put(Family.PARTITIONS, prefix, Values.partitionState(changed));
          elsewhere.put(other, changed);
        }
      }
    }
  }

  /** Adds the partition's state: next offset, counters and digest. */
  protected final void putPosition(
      RocksBatch batch, FoldedBatch folded, SourcePartition partition) {
    batch.put(Family.PARTITIONS, Keys.partition(partition), Values.partitionState(folded.state()));
  }

  /** An empty batch of RocksDB's. */
  protected final RocksBatch batch() {
    return db.batch();
  }

  /** Writes one batch of RocksDB's. */
  protected final void writeOne(RocksBatch batch) {
    db.write(batch);
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

  @Override
  public void forEach(BiConsumer<String, UserSequence> visitor) {
    forEachStored(
        (partition, user, value) -> visitor.accept(user, SequenceCodec.decode(user, value)));
  }

  /**
   * Hands the users and sequences of one partition to {@code visitor}, as {@link
   * #forEach(BiConsumer)} does.
   *
   * @throws UnreadableStateException at the first that cannot be read
   */
  public void forEach(SourcePartition partition, BiConsumer<String, UserSequence> visitor) {
    byte[] prefix = Keys.partition(partition);
    try {
      db.scan(
          Family.SEQUENCES,
          prefix,
          (key, value) -> {
            if (!Keys.partitionOf(key).equals(partition)) {
              return false;
            }
            String user = Keys.userOf(key);
            visitor.accept(user, SequenceCodec.decode(user, value));
            return true;
          });
    } catch (CorruptRecordException | UncheckedIOException e) {
      throw new UnreadableStateException(partition, RocksDatabase.isDamage(e), e);
    }
  }

  /** Sees stored values as they are. */
  public interface StoredVisitor {
    void visit(SourcePartition partition, String user, byte[] value);
  }

  /** Hands every stored value to {@code visitor}, from one point in time, in key order. */
  public void forEachStored(StoredVisitor visitor) {
    db.scan(
        Family.SEQUENCES,
        new byte[0],
        (key, value) -> {
          visitor.visit(Keys.partitionOf(key), Keys.userOf(key), value);
          return true;
        });
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
    Map<SourcePartition, BigInteger> sums = new ConcurrentSkipListMap<>();
    long[] read = new long[1];
    try {
      forEachStored((partition, user, value) -> {
        SequenceCodec.decode(user, value);
        sums.merge(partition, SequenceCodec.digest(value), BigInteger::add);
        read[0]++;
      });
    } catch (CorruptRecordException | UncheckedIOException e) {
      throw new IOException(
          "store=%s cannot be read whole: %s: move it away and fold the log again, or restore a checkpoint"
              .formatted(db.path(), e.getMessage()),
          e);
    }
    BigInteger modulus = BigInteger.ONE.shiftLeft(128);
    for (var entry : partitions.entrySet()) {
      BigInteger sum = sums.getOrDefault(entry.getKey(), BigInteger.ZERO).mod(modulus);
      if (!sum.equals(entry.getValue().digest())) {
        throw new IOException(
            "store=%s: partition %s: the digest is %032x, its values give %032x: move the store away and fold the log again"
                .formatted(db.path(), entry.getKey(), entry.getValue().digest(), sum));
      }
    }
    return read[0];
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
    if (Files.exists(target)) {
      throw new IOException("checkpoint=" + target + " exists: choose another name");
    }
    Path aside = target.resolveSibling(target.getFileName() + ".partial");
    deleteFiles(aside); // what a crash in the middle of an earlier one left
    db.checkpoint(aside);
    verifyCopy(aside);
    Checksums.write(aside);
    Disk.rename(aside, target);
  }

  /** What a damaged store gives is no copy to go back to. */
  private static void verifyCopy(Path copy) throws IOException {
    Set<Path> before = files(copy);
    try (RocksDbSequenceStore read = openReadOnly(copy)) {
      read.verifyDigests();
    }
    for (Path file : files(copy)) {
      if (!before.contains(file)) {
        Files.delete(file); // what RocksDB wrote about its reading
      }
    }
  }

  private static Set<Path> files(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.collect(Collectors.toSet());
    }
  }

  /**
   * Makes a store out of a checkpoint, which stays as it is: whole under {@code target}, or absent.
   *
   * @throws IOException if {@code target} exists, or the checkpoint is not what its hashes say
   */
  public static void restore(Path checkpoint, Path target) throws IOException {
    if (Files.exists(target)) {
      throw new IOException(
          "store=" + target + " exists: move it away, or start without a restore");
    }
    List<Path> files = Checksums.verify(checkpoint);
    Path aside = target.resolveSibling(target.getFileName() + ".partial");
    deleteFiles(aside); // what a crash in the middle of an earlier one left
    Files.createDirectories(aside);
    for (Path file : files) {
      Path copy = aside.resolve(file.getFileName());
      Files.copy(file, copy);
      Disk.force(copy);
    }
    Files.createFile(aside.resolve(RESTORED));
    Disk.force(aside);
    Disk.rename(aside, target);
  }

  /**
   * Whether the state is a checkpoint's that has not come up to the log since: it may hold users
   * who were erased after the checkpoint.
   */
  public boolean isRestored() {
    return Files.exists(db.path().resolve(RESTORED));
  }

  /** Says that all that the log had after the checkpoint has been folded. */
  public void caughtUp() throws IOException {
    Files.deleteIfExists(db.path().resolve(RESTORED));
  }

  private static void deleteFiles(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (var files = Files.list(directory)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(directory);
    }
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
    try (RocksDatabase db = new RocksDatabase(other, true, RocksDatabase.OF_SEQUENCES)) {
      copyErasuresFrom(db);
    }
  }

  private void copyErasuresFrom(RocksDatabase other) throws IOException {
    if (!partitions.isEmpty()) {
      throw new IOException("store=" + db.path() + " has folded already: its ledger is its own");
    }
    try (var batch = db.batch()) {
      batch.put(Family.META, LEDGER_KEY, required(other, LEDGER_KEY));
      Map<ByteBuffer, Erasure> ofAnySource = new HashMap<>();
      List<Map.Entry<byte[], byte[]>> entries = new ArrayList<>();
      other.scan(Family.ERASURES, new byte[0], (key, value) -> entries.add(Map.entry(key, value)));
      for (var entry : entries) {
        byte[] key = entry.getKey();
        batch.put(Family.ERASURES, key, entry.getValue());
        byte[] name = Arrays.copyOfRange(key, key.length - ErasureLedger.KEY_BYTES, key.length);
        long time = Values.erasure(entry.getValue()).timeMillis();
        ofAnySource.merge(ByteBuffer.wrap(name), new Erasure(0, time), Erasure::merge);
      }
      for (var entry : ofAnySource.entrySet()) {
        batch.put(
            Family.ERASURES,
            Keys.concat(ANY_SOURCE, entry.getKey().array()),
            Values.erasure(entry.getValue()));
      }
      batch.put(Family.META, LEDGER_COPIED, new byte[0]);
      db.write(batch);
    }
    ledger.use(required(db, LEDGER_KEY));
    ledgerCopied = true;
  }

  /** Whether somebody was erased here, or in the store whose ledger was taken over. */
  public boolean hasErasures() {
    boolean[] found = new boolean[1];
    db.scan(
        Family.ERASURES,
        new byte[0],
        (key, value) -> {
          found[0] = true;
          return false;
        });
    return found[0];
  }

  /** Whether another store's ledger was taken over. */
  public boolean hasCopiedErasures() {
    return ledgerCopied;
  }

  /** Whether a directory holds a checkpoint. */
  public static boolean isCheckpoint(Path directory) {
    return Files.exists(directory.resolve(Checksums.FILE));
  }

  @Override
  public void close() {
    erasedBytes.close();
    db.close();
  }

  private volatile boolean ledgerCopied;

  private final StateView view =
      new StateView() {
        @Override
        public byte @Nullable [] sequence(SourcePartition partition, String user) {
          return db.get(Family.SEQUENCES, Keys.sequence(Keys.partition(partition), user));
        }

        @Override
        public @Nullable Erasure erasure(SourcePartition partition, String user) {
          byte[] name = ledger.name(user);
          Erasure own = erasureAt(Keys.concat(Keys.partition(partition), name));
          Erasure copied = ledgerCopied ? erasureAt(Keys.concat(ANY_SOURCE, name)) : null;
          return own == null ? copied : copied == null ? own : own.merge(copied);
        }

        @Override
        public @Nullable StoredItem item(String id) {
          return items.stored(id);
        }

        @Override
        public @Nullable PartitionState partition(SourcePartition partition) {
          return partitions.get(partition);
        }
      };

  private @Nullable Erasure erasureAt(byte[] key) {
    byte[] value = db.get(Family.ERASURES, key);
    return value == null ? null : Values.erasure(value);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
