// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.serving.config.InvalidConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong with the settings of TLS is said at the start: what, where, and what to do. */
class TlsSettingsTest {

  @TempDir private static Path directory;
  private static Path good;

  @BeforeAll
  static void make() throws Exception {
    Certificates authority = Certificates.authority(directory, "one");
    good = authority.server("server");
    byte[] whole = Files.readAllBytes(good);
    Files.write(directory.resolve("half.p12"), Arrays.copyOf(whole, whole.length / 2));
    Files.writeString(directory.resolve("cert.pem"), "-----BEGIN CERTIFICATE-----\n");
    Files.write(directory.resolve("nokey.p12"), Files.readAllBytes(authority.trusted()));
    authority.server("expired", "EC", "-startdate", "-10d", "-validity", "5");
    authority.server("future", "EC", "-startdate", "+5d", "-validity", "10");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "none.p12|changeit||keyStorePath: |none.p12 does not exist; make it, or name another",
        ".|changeit||keyStorePath: |cannot be read",
        "one-server.p12|wrong||keyStorePassword does not open |it is another's password",
        "half.p12|changeit||keyStorePath: |is not whole, or no key store; make it anew",
        "cert.pem|changeit||keyStorePath: |is a PEM file; make a PKCS12 file of it: openssl pkcs12",
        "nokey.p12|changeit||keyStorePath: |holds no private key with its certificate",
        "one-expired.p12|changeit||keyStorePath: |CN=expired that has expired on 20",
        "one-future.p12|changeit||keyStorePath: |CN=future that is valid from 20",
        "one-server.p12|changeit|keyStoreType: XYZ|keyStoreType is XYZ|take PKCS12",
        "one-server.p12|changeit|certAlias: b|keyStorePath: |under the name b of certAlias",
        "one-server.p12|changeit|keyManagerPassword: b|keyManagerPassword does not open |key"
            + " server",
        "one-server.p12|changeit|needClientAuth: true|trustStorePath is missing|no certificate of",
        "one-server.p12|changeit|trustStorePath: a|trustStorePath is set, but|needClientAuth: true",
        "one-server.p12|changeit|supportedProtocols: [TLSv1.1]|supportedProtocols has TLSv1.1|"
            + "take some of TLSv1.3, TLSv1.2",
        "one-server.p12|changeit|supportedCipherSuites: [TLS_RSA_WITH_AES_128_CBC_SHA]|"
            + "supportedCipherSuites has TLS_RSA_WITH_AES_128_CBC_SHA|not safe enough"
      })
  void start_settingIsWrong_saysWhich_andWhatToDo(
      String file, String password, String more, String setting, String what) throws Exception {
    Path config =
        Files.writeString(
            directory.resolve("wrong.yml"),
            """
            store: {path: "%s"}
            kafka: none
            server:
              applicationConnectors:
                - type: https
                  port: 0
                  keyStorePath: "%s"
                  keyStorePassword: %s
                  %s
            """
                .formatted(
                    directory.resolve("store"),
                    directory.resolve(file),
                    password,
                    more == null ? "" : more));

    assertThatThrownBy(() -> NextclickServer.start(config).close())
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageStartingWith(config + ", line ")
        .hasMessageContaining("server.applicationConnectors[0]." + setting)
        .hasMessageContaining(what);
    assertThat(directory.resolve("store")).doesNotExist();
  }

  @Test
  void trustStore_withoutTrustedCertificates_isRefused() throws Exception {
    Path config =
        TlsService.configuration(
            directory,
            good,
            "needClientAuth: true, trustStorePath: \"%s\", trustStorePassword: changeit"
                .formatted(good),
            "");
    assertThatThrownBy(() -> NextclickServer.start(config).close())
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("trustStorePath: " + good + " holds no certificate that Java trusts");
  }
}
