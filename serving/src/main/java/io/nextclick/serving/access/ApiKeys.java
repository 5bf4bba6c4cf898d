// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import java.io.IOException;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The keys that count now: those of the file, read again when it changes. */
final class ApiKeys {

  private final WatchedFile<Map<String, Known>> file;
  private final InstantSource clock;

  /** A key with its hash as bytes. */
  private record Known(ApiKey key, byte[] hash, Caller caller) {}

  /** What an unknown id is compared with, so that it takes as long as a known one. */
  private static final byte[] NO_HASH = new byte[32];

  ApiKeys(KeyFile keys, InstantSource clock) throws IOException {
    this.file = new WatchedFile<>(keys.path(), () -> known(keys));
    this.clock = clock;
  }

  private static Map<String, Known> known(KeyFile keys) throws IOException {
    Map<String, Known> known = new HashMap<>();
    for (ApiKey key : keys.read()) {
      known.put(key.id(), new Known(key, HexFormat.of().parseHex(key.sha256()), key.caller()));
    }
    return known;
  }

  /** Whose key a text is; null if it is none that counts. */
  @Nullable Caller caller(String text) {
    String id = KeyText.id(text);
    if (id == null) {
      return null;
    }
    Known known = file.content().get(id);
    byte[] hash = KeyText.hash(text);
    boolean same = MessageDigest.isEqual(hash, known == null ? NO_HASH : known.hash);
    return known == null || !same || known.key.isExpired(clock.instant()) ? null : known.caller;
  }

  boolean isEmpty() {
    return file.content().isEmpty();
  }

  void look() {
    file.look();
  }

  @Nullable String fault() {
    return file.fault();
  }
}
