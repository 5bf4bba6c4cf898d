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
  private static final byte[] IMPRESSIONS = "impressions".getBytes(StandardCharsets.UTF_8);
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
        if (!settings.capacity().isShared()) {
          batch.put(Family.META, IMPRESSIONS, Values.impressions(settings.capacity()));
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
  static FoldSettings settings(RocksDatabase db, @Nullable WantedFold wanted) throws IOException {
    FoldSettings settings = settings(db);
    if (wanted != null) {
      requireSame(db, settings, wanted.of(settings));
    }
    return settings;
  }

  private static FoldSettings settings(RocksDatabase db) throws IOException {
    var stored = Values.settings(required(db, SETTINGS));
    FoldSettings settings = stored.settings();
    int version = stored.foldVersion();
    if (version < FoldSettings.FOLD_VERSION || version > FoldSettings.FOLD_VERSION_WITH_ROOMS) {
      throw new IOException(
          "store=%s was folded by version %d of the fold, this program has versions %d to %d: fold the log again into a new store"
              .formatted(
                  db.path(),
                  version,
                  FoldSettings.FOLD_VERSION,
                  FoldSettings.FOLD_VERSION_WITH_ROOMS));
    }
    if (version == FoldSettings.FOLD_VERSION_WITH_ROOMS) {
      int impressions = Values.impressions(required(db, IMPRESSIONS));
      settings = settings.withCapacity(settings.capacity().withMaxImpressions(impressions));
    }
    boolean retained =
        version == FoldSettings.FOLD_VERSION_WITH_ROOMS
            ? db.get(Family.META, RETENTION) != null
            : version == FoldSettings.FOLD_VERSION_WITH_RETENTION;
    return retained ? settings.withRetention(Values.retention(required(db, RETENTION))) : settings;
  }

  private static void requireSame(RocksDatabase db, FoldSettings stored, FoldSettings wanted)
      throws IOException {
    if (!Objects.equals(wanted.mapping(), stored.mapping())) {
      throw new IOException(
          "store=%s was folded with events.mapping %s, but is to be opened with %s: take the old mapping, or fold the log again into a new store"
              .formatted(db.path(), stored.mapping(), wanted.mapping()));
    }
    if (wanted.withCapacity(stored.capacity()).equals(stored) && !wanted.equals(stored)) {
      throw new IOException(
          "store=%s keeps %s, but the configuration says %s: take what it keeps (store.maxHistory and store.maxImpressions, or --history and --impressions), or fold the log again into a new store, such as by nextclick backfill beside the running service"
              .formatted(db.path(), stored.capacity().inWords(), wanted.capacity().inWords()));
    }
    if (!wanted.equals(stored)) {
      throw new IOException(
          "store=%s was folded with %s, but the configuration says %s: take the old settings, or fold the log again into a new store"
              .formatted(db.path(), stored, wanted));
    }
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
