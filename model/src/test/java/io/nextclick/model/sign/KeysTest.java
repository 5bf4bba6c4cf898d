// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.sign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys as OpenSSL writes them, and whatever else may lie in their place. */
class KeysTest {

  /** Test 1 of RFC 8032, 7.1. */
  private static final String RFC_PRIVATE =
      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";

  private static final String RFC_PUBLIC =
      "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

  private static final String RFC_FINGERPRINT =
      "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9";

  private static final String RFC_SIGNATURE =
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
          + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

  private static final String NOTHING = "";

  @TempDir private Path directory;

  @Test
  void keys_ofTheStandardsExample_signAsItDoes() throws IOException {
    SigningKey key = SigningKey.read(pem("PRIVATE KEY", RFC_PRIVATE));
    TrustedKeys trusted = TrustedKeys.read(List.of(pem("PUBLIC KEY", RFC_PUBLIC)));

    assertThat(key.sign(new byte[0])).isEqualTo(HexFormat.of().parseHex(RFC_SIGNATURE));
    assertThat(key.fingerprint()).isEqualTo(RFC_FINGERPRINT);
    assertThat(trusted.fingerprints()).containsExactly(RFC_FINGERPRINT);
    assertThat(trusted.verify(RFC_FINGERPRINT, new byte[0], key.sign(new byte[0]))).isTrue();
    assertThat(trusted.verify(RFC_FINGERPRINT, new byte[1], key.sign(new byte[0]))).isFalse();
    assertThat(trusted.verify(RFC_FINGERPRINT, new byte[0], new byte[3])).isFalse();
    assertThat(key.toString()).doesNotContain(RFC_PRIVATE.substring(30));
  }

  @Test
  void keys_generated_areReadBack() throws IOException {
    SigningKey key = SigningKey.generate();
    Path secret = Files.writeString(directory.resolve("a.key"), key.privatePem());
    Path open = Files.writeString(directory.resolve("a.pub"), "a comment\n" + key.publicPem());

    assertThat(SigningKey.read(secret).fingerprint()).isEqualTo(key.fingerprint());
    assertThat(TrustedKeys.read(List.of(open)).fingerprints()).containsExactly(key.fingerprint());
    assertThat(key.publicPem()).startsWith("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2Vw");
    assertThat(SigningKey.generate().fingerprint()).isNotEqualTo(key.fingerprint());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          PRIVATE KEY           | MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g | holds a private key, which must not lie here
          ENCRYPTED PRIVATE KEY | MIGbMFcGCSqG | holds a private key, which must not lie here
          OPENSSH PRIVATE KEY   | b3BlbnNzaA== | holds a private key, which must not lie here
          CERTIFICATE           | MIGbMFcGCSqG | holds a CERTIFICATE, but a PUBLIC KEY is needed
          PUBLIC KEY            | MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/YyJddMXQVZ2z3f09LxbTkIB2gYW+SEtqx+5UbUjFDipm+f8CfzGRu1qh/st+M2mKLdeKuAgNLkDbeZ9u7HH6g== | of another kind than Ed25519
          PUBLIC KEY            | MCowBQYDK2VuAyEADux1F5fkzlyMNnUcKyZXrdogA+Z+1ABccotgpEHnEhI= | of another kind than Ed25519
          PUBLIC KEY            | MEMwBQYDK2VxAzoAQsK1dUuFoyVSkBZ1ev3b5xcLt9ZIB6xqulbtJAmzi0ck81pOmVWf/2XAs8F/o3q30z8TI5Xp4FMA | of another kind than Ed25519
          PUBLIC KEY            | MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcH | or a damaged one
          PUBLIC KEY            | MCowBQYDK2VwAyEA/////////////////////////////////////////38= | or a damaged one
          PUBLIC KEY            | MCo*BQ       | is not Base64
          PUBLIC KEY            | ''           | of another kind than Ed25519
          """)
  void trusted_whatIsNoPublicKey_isRefused(String label, String base64, String reason)
      throws IOException {
    Path file = pem(label, base64);
    assertThatThrownBy(() -> TrustedKeys.read(List.of(file)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          PUBLIC KEY            | MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo= | holds a PUBLIC KEY, but a PRIVATE KEY is needed
          ENCRYPTED PRIVATE KEY | MIGbMFcGCSqG | holds a key that a passphrase protects
          EC PRIVATE KEY        | MIGbMFcGCSqG | holds a EC PRIVATE KEY, but a PRIVATE KEY is needed
          PRIVATE KEY           | MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKnsnSKyHC5QiYO/Ng3D/c43RNldXqSJykn2OOUgQkLmhRANCAARYu4bLPHTkPEO3MNOOKVxSvOZ7wQyWz/V+9fM/9vgwPVDa1yjT0FbJt/mN1JejLIN+4RHk2NOZcFs+tWlDKY1a | of another kind than Ed25519
          PRIVATE KEY           | MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7 | or a damaged one
          """)
  void signing_whatIsNoPrivateKey_isRefused(String label, String base64, String reason)
      throws IOException {
    Path file = pem(label, base64);
    assertThatThrownBy(() -> SigningKey.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(reason);
  }

  @Test
  void trusted_filesThatHoldNoOneKey_areRefused() throws IOException {
    String key = Files.readString(pem("PUBLIC KEY", RFC_PUBLIC));
    assertRefused(NOTHING, "holds no key in PEM, from -----BEGIN PUBLIC KEY-----");
    assertRefused(RFC_PUBLIC, "holds no key in PEM");
    assertRefused(key.substring(0, 60), "holds no key in PEM");
    assertRefused(key + key, "holds 2 keys; give each a file of its own");
    assertRefused(key + "x".repeat(20_000), "is larger than a key");
    Path missing = directory.resolve("missing.pub");
    assertThatThrownBy(() -> TrustedKeys.read(List.of(missing)))
        .hasMessage(missing + ": no such file; check the path");
    assertThatThrownBy(() -> TrustedKeys.read(List.of(directory)))
        .hasMessage(directory + ": is no regular file; name the file of a key");
    assertThatThrownBy(() -> TrustedKeys.read(Collections.nCopies(17, missing)))
        .hasMessageContaining("17 keys are more than the 16");
  }

  @Test
  void trusted_link_isFollowed() throws IOException {
    Path link = directory.resolve("mounted.pub");
    Files.createSymbolicLink(link, pem("PUBLIC KEY", RFC_PUBLIC));
    assertThat(TrustedKeys.read(List.of(link)).fingerprints()).containsExactly(RFC_FINGERPRINT);
  }

  @Test
  void trusted_noFiles_asksForNothing() {
    assertThat(TrustedKeys.read(List.of()).anybody()).isTrue();
    assertThat(TrustedKeys.ANYBODY.verify(RFC_FINGERPRINT, new byte[0], new byte[64])).isFalse();
  }

  private void assertRefused(String text, String reason) throws IOException {
    Path file = Files.writeString(directory.resolve("other.pub"), text);
    assertThatThrownBy(() -> TrustedKeys.read(List.of(file)))
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(reason);
  }

  private Path pem(String label, String base64) throws IOException {
    return Files.writeString(
        directory.resolve(label.replace(' ', '.')),
        "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(label, base64));
  }
}
