// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.rocksdb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** The native handles of one opened database. Whoever uses them sees to it that they are open. */
final class OpenRocks {

  private static final String DEFAULT = "META";

  private final List<AbstractNativeReference> owned = new ArrayList<>();
  private final List<ColumnFamilyHandle> handles = new ArrayList<>();
  private final boolean readOnly;
  private final RocksDB db;
  private final WriteOptions writeOptions;

  OpenRocks(Path path, boolean readOnly, boolean compacting, RocksFamily[] families)
      throws RocksDBException, IOException {
    this.readOnly = readOnly;
    boolean whole = false;
    try {
      DBOptions options = own(RocksOptions.ofDatabase());
      ColumnFamilyOptions familyOptions = own(RocksOptions.ofFamily(own(new BloomFilter(10))));
      familyOptions.setDisableAutoCompactions(!compacting);
      List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
      for (RocksFamily family : families) {
        descriptors.add(new ColumnFamilyDescriptor(name(family), familyOptions));
      }
      db =
          readOnly
              ? RocksDB.openReadOnly(options, path.toString(), descriptors, handles)
              : RocksDB.open(options, path.toString(), descriptors, handles);
      writeOptions = own(RocksOptions.ofWrites());
      whole = true;
    } finally {
      if (!whole) {
        closeOwned();
      }
    }
    if (!readOnly) {
      requireSafe(path);
    }
  }

  private void requireSafe(Path path) throws IOException {
    try {
      RocksOptions.requireSafe(path);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private static byte[] name(RocksFamily family) {
    return family.name().equals(DEFAULT)
        ? RocksDB.DEFAULT_COLUMN_FAMILY
        : family.name().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
  }

  RocksDB db() {
    return db;
  }

  /** The handle of the family with this ordinal. */
  ColumnFamilyHandle handle(int family) {
    return handles.get(family);
  }

  void write(WriteBatch batch) throws RocksDBException {
    db.write(writeOptions, batch);
  }

  /** Writes the memtables out, so that the next start replays none. */
  void flush() {
    try (var options = new FlushOptions().setWaitForFlush(true)) {
      db.flush(options, handles);
    } catch (RocksDBException e) {
      // The log has it all: the next start reads it from there.
      System.getLogger(OpenRocks.class.getName())
          .log(System.Logger.Level.WARNING, "memtables not flushed: " + e.getMessage());
    }
  }

  void close() {
    if (!readOnly) {
      flush();
    }
    handles.forEach(ColumnFamilyHandle::close);
    db.close();
    closeOwned();
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
