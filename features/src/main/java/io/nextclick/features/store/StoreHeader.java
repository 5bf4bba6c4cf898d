// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.rocksdb.RocksBatch;
import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.sequence.FoldSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What a store is made with and keeps: the settings of its fold, and the key of its ledger. */
final class StoreHeader {

  private static final byte[] SETTINGS = "settings".getBytes(StandardCharsets.UTF_8);
  private static final byte[] RETENTION = "retention".getBytes(StandardCharsets.UTF_8);
  private static final byte[] LEDGER_KEY = "ledger-key".getBytes(StandardCharsets.UTF_8);

  private static final int KEY_BYTES = 32;

  private StoreHeader() {}

  /** Writes settings and ledger key into a new database, and leaves an old one as it is. */
  static void write(RocksDatabase db, FoldSettings settings, RandomGenerator random)
      throws IOException {
    if (db.get(Family.META, SETTINGS) != null) {
      return;
    }
    byte[] ledgerKey = new byte[KEY_BYTES];
    random.nextBytes(ledgerKey);
    try {
      db.write(batch -> {
        batch.put(Family.META, SETTINGS, Values.settings(settings));
        if (settings.retention().isOn()) {
          batch.put(Family.META, RETENTION, Values.retention(settings.retention()));
        }
        putLedgerKey(batch, ledgerKey);
      });
    } catch (UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * The settings that the store was folded with.
   *
   * @param wanted null for those that it has
   * @throws IOException if they are other ones, or those of another version of the fold
   */
  static FoldSettings settings(RocksDatabase db, @Nullable FoldSettings wanted) throws IOException {
    var stored = Values.settings(required(db, SETTINGS));
    boolean retained = stored.foldVersion() == FoldSettings.FOLD_VERSION_WITH_RETENTION;
    if (stored.foldVersion() != FoldSettings.FOLD_VERSION && !retained) {
      throw new IOException(
          "store=%s was folded by version %d of the fold, this program has version %d: fold the log again into a new store"
              .formatted(db.path(), stored.foldVersion(), FoldSettings.FOLD_VERSION));
    }
    FoldSettings settings =
        retained
            ? stored.settings().withRetention(Values.retention(required(db, RETENTION)))
            : stored.settings();
    if (wanted != null && !Objects.equals(wanted.mapping(), settings.mapping())) {
      throw new IOException(
          "store=%s was folded with events.mapping %s, but is to be opened with %s: take the old mapping, or fold the log again into a new store"
              .formatted(db.path(), settings.mapping(), wanted.mapping()));
    }
    if (wanted != null && !wanted.equals(settings)) {
      throw new IOException(
          "store=%s was folded with %s, but the configuration says %s: take the old settings, or fold the log again into a new store"
              .formatted(db.path(), settings, wanted));
    }
    return settings;
  }

  /** The key that the ledger names erased users with. */
  static byte[] ledgerKey(RocksDatabase db) throws IOException {
    return required(db, LEDGER_KEY);
  }

  static void putLedgerKey(RocksBatch batch, byte[] key) {
    batch.put(Family.META, LEDGER_KEY, key);
  }

  private static byte[] required(RocksDatabase db, byte[] key) throws IOException {
    byte[] value = db.get(Family.META, key);
    if (value == null) {
      throw new IOException("store=" + db.path() + " is not a sequence store");
    }
    return value;
  }
}
