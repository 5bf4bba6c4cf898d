// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The text of a key: {@code nck_}, its id, an underscore, and 256 random bits. The beginning is for
 * those who search files for secrets that should not be there.
 */
public final class KeyText {

  /** Hexadecimal digits of an id. */
  static final int ID = 12;

  private static final String PREFIX = "nck_";
  private static final int SECRET_BYTES = 32;
  private static final int SECRET = 43; // of its base 64
  private static final int LENGTH = PREFIX.length() + ID + 1 + SECRET;

  private KeyText() {}

  /** A new one. */
  static String create(SecureRandom random) {
    byte[] id = new byte[ID / 2];
    byte[] secret = new byte[SECRET_BYTES];
    random.nextBytes(id);
    random.nextBytes(secret);
    return PREFIX
        + HexFormat.of().formatHex(id)
        + "_"
        + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
  }

  /** The id in a text; null if it is no key's. */
  static @Nullable String id(String text) {
    return text.length() == LENGTH && looksLikeOne(text) && text.charAt(PREFIX.length() + ID) == '_'
        ? text.substring(PREFIX.length(), PREFIX.length() + ID)
        : null;
  }

  /** Whether a text begins as keys do. */
  static boolean looksLikeOne(String text) {
    return text.startsWith(PREFIX);
  }

  static byte[] hash(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
