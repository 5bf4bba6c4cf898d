// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Names erased users in the ledger: HMAC-SHA256 under a key that never leaves the store, so that
 * the ledger does not keep whom it made forgotten.
 */
final class ErasureLedger {

  static final int KEY_BYTES = 32;

  private volatile SecretKeySpec key;

  ErasureLedger(byte[] key) {
    this.key = new SecretKeySpec(key, "HmacSHA256");
  }

  /** Goes on with another key, before the first name is given. */
  void use(byte[] other) {
    key = new SecretKeySpec(other, "HmacSHA256");
  }

  static byte[] newKey(RandomGenerator random) {
    byte[] key = new byte[KEY_BYTES];
    random.nextBytes(key);
    return key;
  }

  /** The user's name in the ledger, 32 bytes. */
  byte[] name(String user) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return mac.doFinal(user.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has HmacSHA256", e);
    }
  }
}
