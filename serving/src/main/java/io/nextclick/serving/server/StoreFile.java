// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.UnrecoverableKeyException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A key store, or a trust store, as a connector names it.
 *
 * @param connector the path of its settings
 * @param kind which of its files: what its settings begin with, such as {@code keyStore}
 */
record StoreFile(
    String connector,
    String kind,
    Path file,
    String type,
    @Nullable String provider,
    @Nullable String password) {

  /** A file of certificates has a few kilobytes; what is named by mistake may have any number. */
  static final int MAX_BYTES = 16 << 20;

  private static final byte[] PEM = "-----BEGIN".getBytes(StandardCharsets.US_ASCII);

  /** The password does not stand in any text of this. */
  @Override
  public String toString() {
    return setting() + " " + file;
  }

  /** The setting that names the file. */
  String setting() {
    return connector + "." + kind + "Path";
  }

  byte[] read() {
    return read(setting(), file);
  }

  /**
   * The bytes of a file that a setting names.
   *
   * @throws IllegalArgumentException naming the setting, if it cannot be read
   */
  static byte[] read(String setting, Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw wrong(setting, file, "is longer than 16 MiB; name another");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      throw wrong(setting, file, "does not exist; make it, or name another");
    } catch (AccessDeniedException e) {
      throw wrong(setting, file, "may not be read by this user; change its owner or its mode");
    } catch (IOException e) {
      throw wrong(setting, file, "cannot be read: " + e.getMessage());
    }
  }

  /**
   * What the bytes hold.
   *
   * @throws IllegalArgumentException naming the setting that is wrong
   */
  KeyStore load(byte[] bytes) {
    if (isPem(bytes)) {
      throw wrong(
          "is a PEM file; make a PKCS12 file of it: openssl pkcs12 -export -in cert.pem -inkey"
              + " key.pem -out store.p12");
    }
    try {
      KeyStore store =
          provider == null ? KeyStore.getInstance(type) : KeyStore.getInstance(type, provider);
      store.load(new ByteArrayInputStream(bytes), password == null ? null : password.toCharArray());
      return store;
    } catch (IOException e) {
      if (e.getCause() instanceof UnrecoverableKeyException) {
        throw new IllegalArgumentException(
            "%s.%sPassword does not open %s: it is another's password, or the file is damaged"
                .formatted(connector, kind, file),
            e);
      }
      throw unreadable(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "%s.%sType is %s, and nothing of that type can be read here: %s; take PKCS12"
              .formatted(connector, kind, type, e.getMessage()),
          e);
    } catch (RuntimeException e) { // of damaged lengths
      throw unreadable(e);
    }
  }

  /** Whether it is text that other programs than Java make and read. */
  static boolean isPem(byte[] bytes) {
    return bytes.length >= PEM.length && Arrays.equals(bytes, 0, PEM.length, PEM, 0, PEM.length);
  }

  /** An error of a file that cannot be read to its end. */
  IllegalArgumentException unreadable(Exception e) {
    return new IllegalArgumentException(
        text(setting(), file, "is not whole, or no key store; make it anew: " + e.getMessage()), e);
  }

  /** An error of what the file holds, found by those who use it. */
  IllegalArgumentException unusable(Exception e) {
    return new IllegalArgumentException(
        text(setting(), file, "cannot be used: " + e.getMessage()), e);
  }

  /** An error of what the file holds. */
  IllegalArgumentException wrong(String what) {
    return wrong(setting(), file, what);
  }

  private static IllegalArgumentException wrong(String setting, Path file, String what) {
    return new IllegalArgumentException(text(setting, file, what));
  }

  private static String text(String setting, Path file, String what) {
    return "%s: %s %s".formatted(setting, file, what);
  }
}
