// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.rocksdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/** How every database of the process is set up. */
final class RocksOptions {

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

  private RocksOptions() {}

  static DBOptions ofDatabase() {
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

  /**
   * Of every column family.
   *
   * @param filter stays the caller's to close
   */
  static ColumnFamilyOptions ofFamily(BloomFilter filter) {
    var table =
        new BlockBasedTableConfig()
            .setBlockCache(CACHE)
            .setFilterPolicy(filter)
            .setCacheIndexAndFilterBlocks(true)
            .setPinL0FilterAndIndexBlocksInCache(true)
            .setBlockSize(8 << 10);
    return new ColumnFamilyOptions()
        .setTableFormatConfig(table)
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setWriteBufferSize(16 << 20)
        .setLevelCompactionDynamicLevelBytes(true);
  }

  /** The write-ahead log without fsync survives the death of the process, not a loss of power. */
  static WriteOptions ofWrites() {
    return new WriteOptions().setSync(false).setDisableWAL(false);
  }

  /** The options that the recovery rules rest on, read back from what RocksDB wrote down. */
  static void requireSafe(Path database) throws IOException {
    Path newest;
    try (var files = Files.list(database)) {
      newest =
          files
              .filter(file -> file.getFileName().toString().matches("OPTIONS-\\d+"))
              .max(Path::compareTo)
              .orElseThrow(() -> new IOException(database + " has no OPTIONS file"));
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
}
