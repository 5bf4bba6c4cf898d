// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.file.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Names users by a keyed hash: who has the key can tell whether a user is the one named, who has
 * none can neither read nor guess a user id.
 */
public final class UserKey {

  /** Where a key comes from. */
  public interface Source {

    /**
     * The key; null when users are named by their ids.
     *
     * @throws IOException if it cannot be had now
     */
    @Nullable UserKey get() throws IOException;
  }

  /**
   * A key that is read, or made, when it is needed first.
   *
   * @param file of the key; null to name users by their ids
   */
  public static Source source(@Nullable Path file) {
    return () -> file == null ? null : readOrCreate(file);
  }

  private static final String ALGORITHM = "HmacSHA256";
  private static final int KEY_BYTES = 32;
  private static final int NAME_BYTES = 16;

  private final SecretKeySpec key;

  /**
   * @param key at least 16 bytes
   */
  UserKey(byte[] key) {
    if (key.length < 16) {
      throw new IllegalArgumentException("a key of " + key.length + " bytes, at least 16");
    }
    this.key = new SecretKeySpec(key, ALGORITHM);
  }

  /**
   * Reads a key: one line of hexadecimal digits.
   *
   * @throws IOException if the file is not there or holds no key
   */
  public static UserKey read(Path file) throws IOException {
    try {
      return new UserKey(HexFormat.of().parseHex(Files.readString(file).strip()));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": holds no key: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new IOException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** Reads a key, or makes one that only the owner of the file can read. */
  static UserKey readOrCreate(Path file) throws IOException {
    if (!Files.exists(file)) {
      create(file);
    }
    return read(file);
  }

  private static void create(Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Files.createDirectories(directory);
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    DurableFile.createPrivate(file, HexFormat.of().formatHex(key) + "\n");
  }

  /** The user's name in logs: 32 hexadecimal digits. */
  public String name(String user) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      byte[] hash = mac.doFinal(user.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(Arrays.copyOf(hash, NAME_BYTES));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has " + ALGORITHM, e);
    }
  }

  /** Tells whether a log was written with this key: the name of a user that no request can have. */
  String fingerprint() {
    return name("");
  }
}
