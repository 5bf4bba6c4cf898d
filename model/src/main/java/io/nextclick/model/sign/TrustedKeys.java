// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.sign;

import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.PublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Public keys of those whose models may serve; several, so that one can follow another. */
public final class TrustedKeys {

  /** Asks for no signature: whoever can write a model is trusted. */
  public static final TrustedKeys ANYBODY = new TrustedKeys(Map.of());

  private static final int MAX = 16;

  private final Map<String, PublicKey> keys;

  private TrustedKeys(Map<String, PublicKey> keys) {
    this.keys = keys;
  }

  /**
   * Reads public keys: X.509 in PEM, as {@code openssl pkey -pubout} writes them.
   *
   * @param files none: {@link #ANYBODY}
   * @throws IllegalArgumentException if a file holds no such key; the message names it
   */
  public static TrustedKeys read(List<Path> files) {
    if (files.size() > MAX) {
      throw new IllegalArgumentException(
          "%d keys are more than the %d that can be trusted; leave out those no longer used"
              .formatted(files.size(), MAX));
    }
    if (files.isEmpty()) {
      return ANYBODY;
    }
    Map<String, PublicKey> keys = new LinkedHashMap<>();
    for (Path file : files) {
      PublicKey key = publicKey(file);
      keys.put(Ed25519.fingerprint(key), key);
    }
    return new TrustedKeys(keys);
  }

  private static PublicKey publicKey(Path file) {
    byte[] bytes = Pem.read(file, Pem.PUBLIC);
    try {
      PublicKey key = Ed25519.factory().generatePublic(new X509EncodedKeySpec(bytes));
      Ed25519.signature().initVerify(key); // is it a point of the curve?
      return key;
    } catch (InvalidKeySpecException | InvalidKeyException e) {
      throw new IllegalArgumentException(
          file
              + ": holds a public key of another kind than Ed25519, or a damaged one; nextclick"
              + " models keygen makes one, and so does openssl genpkey -algorithm ed25519",
          e);
    }
  }

  /** Whether a model needs no signature. */
  public boolean anybody() {
    return keys.isEmpty();
  }

  /** SHA-256 of each key's X.509 form, in hexadecimal. */
  public Set<String> fingerprints() {
    return keys.keySet();
  }

  /** Whether a message was signed with the trusted key of that fingerprint. */
  public boolean verify(String fingerprint, byte[] message, byte[] signature) {
    PublicKey key = keys.get(fingerprint);
    return key != null && Ed25519.verify(key, message, signature);
  }
}
