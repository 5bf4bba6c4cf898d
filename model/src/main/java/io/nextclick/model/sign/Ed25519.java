// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.sign;

import io.nextclick.features.file.FileHash;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.HexFormat;

/** The JDK's Ed25519, which no JDK since 15 is without. */
final class Ed25519 {

  static final String NAME = "Ed25519";

  private Ed25519() {}

  static Signature signature() {
    try {
      return Signature.getInstance(NAME);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has " + NAME, e);
    }
  }

  static KeyFactory factory() {
    try {
      return KeyFactory.getInstance(NAME);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has " + NAME, e);
    }
  }

  /** SHA-256 of the key's X.509 form, as {@code openssl pkey -pubin -outform DER} writes it. */
  static String fingerprint(PublicKey key) {
    return HexFormat.of().formatHex(FileHash.digest().digest(key.getEncoded()));
  }

  /** Whether a signature is of a message; one that is no signature at all is not. */
  static boolean verify(PublicKey key, byte[] message, byte[] signature) {
    try {
      Signature verifier = signature();
      verifier.initVerify(key);
      verifier.update(message);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
