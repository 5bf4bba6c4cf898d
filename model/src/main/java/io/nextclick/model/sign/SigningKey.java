// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.sign;

import java.nio.file.Path;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;

/** A private key that signs models, and the public key that belongs to it. */
public final class SigningKey {

  private final PrivateKey secret;
  private final PublicKey known;

  private SigningKey(PrivateKey secret, PublicKey known) {
    this.secret = secret;
    this.known = known;
  }

  /** A new key. */
  public static SigningKey generate() {
    return of(pair(new SecureRandom()));
  }

  /**
   * Reads a private key: PKCS#8 in PEM, as {@code openssl genpkey -algorithm ed25519} writes it.
   *
   * @throws IllegalArgumentException if the file holds none; the message says what to do
   */
  public static SigningKey read(Path file) {
    byte[] bytes = Pem.read(file, Pem.PRIVATE);
    try {
      PrivateKey secret = Ed25519.factory().generatePrivate(new PKCS8EncodedKeySpec(bytes));
      return of(new KeyPair(publicOf(secret), secret));
    } catch (InvalidKeySpecException e) {
      throw new IllegalArgumentException(
          file
              + ": holds a private key of another kind than Ed25519, or a damaged one; nextclick"
              + " models keygen makes one, and so does openssl genpkey -algorithm ed25519",
          e);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /** A pair whose halves belong together: what one signs, the other verifies. */
  private static SigningKey of(KeyPair pair) {
    SigningKey key = new SigningKey(pair.getPrivate(), pair.getPublic());
    byte[] message = {1, 2, 3};
    if (!Ed25519.verify(key.known, message, key.sign(message))) {
      throw new IllegalStateException("this JDK made a public key that does not belong to the key");
    }
    return key;
  }

  /**
   * The JDK computes a public key only when it makes a pair, of 32 random bytes, which are the
   * private key. It is given those of the key that is there.
   */
  private static PublicKey publicOf(PrivateKey secret) throws InvalidKeySpecException {
    byte[] seed =
        ((EdECPrivateKey) secret)
            .getBytes()
            .orElseThrow(() -> new InvalidKeySpecException("it has no bytes"));
    return pair(new Given(seed)).getPublic();
  }

  private static KeyPair pair(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(Ed25519.NAME);
      generator.initialize(NamedParameterSpec.ED25519, random);
      return generator.generateKeyPair();
    } catch (NoSuchAlgorithmException | InvalidAlgorithmParameterException e) {
      throw new IllegalStateException("every JDK has " + Ed25519.NAME, e);
    }
  }

  /** Gives the same bytes once. */
  private static final class Given extends SecureRandom {

    private static final long serialVersionUID = 1;

    private final byte[] bytes;

    Given(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public void nextBytes(byte[] into) {
      System.arraycopy(bytes, 0, into, 0, into.length);
    }
  }

  /** Signs a message; the same message gives the same signature. */
  public byte[] sign(byte[] message) {
    try {
      Signature signer = Ed25519.signature();
      signer.initSign(secret);
      signer.update(message);
      return signer.sign();
    } catch (InvalidKeyException | SignatureException e) {
      throw new IllegalStateException("an " + Ed25519.NAME + " key that does not sign", e);
    }
  }

  /** SHA-256 of the public key's X.509 form, in hexadecimal. */
  public String fingerprint() {
    return Ed25519.fingerprint(known);
  }

  /** The private key as a text file: whoever has it can sign. */
  public String privatePem() {
    return Pem.write(Pem.PRIVATE, secret.getEncoded());
  }

  /** The public key as a text file: to be trusted. */
  public String publicPem() {
    return Pem.write(Pem.PUBLIC, known.getEncoded());
  }

  @Override
  public String toString() {
    return "key " + fingerprint(); // and never the private one
  }
}
