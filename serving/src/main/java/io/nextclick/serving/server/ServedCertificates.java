// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.UnrecoverableKeyException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a connector shows to its clients, and whom it trusts, read and found usable.
 *
 * @param leaves the certificates that clients see, without those who signed them; not empty
 */
record ServedCertificates(KeyStore keys, @Nullable KeyStore trusted, List<X509Certificate> leaves) {

  private static final Duration SOON = Duration.ofDays(14);

  /** A certificate of a few days is soon to end when a third of them is left. */
  private static final int SOON_PART = 3;

  /**
   * What a key store holds.
   *
   * @param alias the one that is shown; null for all
   * @throws IllegalArgumentException if it holds no key that opens, or a certificate that is not
   *     valid now
   */
  static ServedCertificates of(
      StoreFile file,
      KeyStore keys,
      @Nullable String alias,
      @Nullable String keyPassword,
      @Nullable KeyStore trusted,
      Instant now) {
    List<X509Certificate> leaves = new ArrayList<>();
    try {
      for (String name : Collections.list(keys.aliases())) {
        if (keys.isKeyEntry(name)
            && (alias == null || alias.equalsIgnoreCase(name))
            && keys.getCertificate(name) instanceof X509Certificate leaf) {
          open(file, keys, name, keyPassword);
          leaves.add(valid(file, leaf, now));
        }
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a key store that is loaded tells its entries", e);
    }
    if (leaves.isEmpty()) {
      throw file.wrong(
          alias == null
              ? "holds no private key with its certificate; make one with keytool -genkeypair, or"
                  + " with openssl pkcs12 -export"
              : "holds no private key under the name " + alias + " of certAlias");
    }
    return new ServedCertificates(keys, trusted, List.copyOf(leaves));
  }

  private static void open(StoreFile file, KeyStore keys, String alias, @Nullable String password)
      throws GeneralSecurityException {
    try {
      keys.getKey(alias, password == null ? null : password.toCharArray());
    } catch (UnrecoverableKeyException e) {
      throw new IllegalArgumentException(
          "%s.keyManagerPassword does not open the key %s of %s; without it keyStorePassword is tried"
              .formatted(file.connector(), alias, file.file()),
          e);
    }
  }

  private static X509Certificate valid(StoreFile file, X509Certificate leaf, Instant now) {
    if (now.isAfter(end(leaf))) {
      throw file.wrong(
          "holds a certificate of %s that has expired on %s; get a new one"
              .formatted(name(leaf), end(leaf)));
    }
    Instant begin = leaf.getNotBefore().toInstant();
    if (now.isBefore(begin)) {
      throw file.wrong(
          "holds a certificate of %s that is valid from %s only; wait, or look at the clock of this"
                  .formatted(name(leaf), begin)
              + " machine");
    }
    return leaf;
  }

  /** When the first of them ends. */
  Instant end() {
    return end(first());
  }

  /** What is to be done soon; null if nothing is. */
  @Nullable String warning(Instant now) {
    X509Certificate first = first();
    Instant end = end(first);
    Duration whole = Duration.between(first.getNotBefore().toInstant(), end);
    Duration part = whole.dividedBy(SOON_PART);
    Duration soon = part.compareTo(SOON) < 0 ? part : SOON;
    if (now.isAfter(end)) {
      return "the certificate of %s has expired on %s: clients refuse it; put a new one in its place"
          .formatted(name(first), end);
    }
    return now.isAfter(end.minus(soon))
        ? "the certificate of %s expires on %s; put a new one in its place before that"
            .formatted(name(first), end)
        : null;
  }

  /** Whom they are of, and until when. */
  String describe() {
    return "the certificate of %s, valid until %s".formatted(name(first()), end());
  }

  private X509Certificate first() {
    return Collections.min(leaves, Comparator.comparing(ServedCertificates::end));
  }

  private static Instant end(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant();
  }

  private static String name(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().getName();
  }
}
