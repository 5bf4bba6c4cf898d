// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collections;

/** Those whose signature makes a client's certificate good: a trust store, or a PEM file. */
final class TrustedCertificates {

  private TrustedCertificates() {}

  /**
   * What a file holds.
   *
   * @throws IllegalArgumentException also if there is nobody in it: then no client could come in
   */
  static KeyStore of(StoreFile file, byte[] bytes) {
    KeyStore store = StoreFile.isPem(bytes) ? ofPem(file, bytes) : file.load(bytes);
    try {
      for (String alias : Collections.list(store.aliases())) {
        if (store.isCertificateEntry(alias)) {
          return store;
        }
      }
    } catch (KeyStoreException e) {
      throw new IllegalStateException("a key store that is loaded tells its entries", e);
    }
    throw file.wrong(
        "holds no certificate that Java trusts, or needs trustStorePassword; name a PEM file of"
            + " certificates, or add them with keytool -importcert -storetype PKCS12 (a PKCS12 file"
            + " of openssl lacks the mark of trust)");
  }

  private static KeyStore ofPem(StoreFile file, byte[] bytes) {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      int number = 0;
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes))) {
        store.setCertificateEntry("trusted-" + number, certificate);
        number++;
      }
      return store;
    } catch (GeneralSecurityException | IOException e) {
      throw file.unreadable(e);
    }
  }
}
