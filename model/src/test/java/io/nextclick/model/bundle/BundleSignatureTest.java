// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.encoder.EncoderCases;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.sign.SigningKey;
import io.nextclick.model.sign.TrustedKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With trusted keys, a version opens only as one of them signed it, under the name it then had. */
@Timeout(60)
class BundleSignatureTest {

  private static final EncoderConfig CONFIG =
      EncoderConfig.builder(EncoderCases.ITEMS, Scoring.DOT)
          .width(8, 16)
          .layers(1, 2)
          .history(10)
          .build();

  private static final SigningKey OURS = SigningKey.generate();
  private static final SigningKey NEXT = SigningKey.generate();
  private static final SigningKey FOREIGN = SigningKey.generate();

  @TempDir private static Path made;
  @TempDir private Path models;
  private Path bundle;
  private Path file;
  private TrustedKeys ours;

  @BeforeAll
  static void publish() throws IOException {
    for (String version : new String[] {"v1", "v2"}) {
      new BundleWriter(made)
          .publish(
              ModelBundleTest.label(version, new Calibration.Identity()),
              EncoderCases.vocabulary(),
              EncoderWeights.random(CONFIG, version.hashCode()));
    }
  }

  @BeforeEach
  void sign() throws IOException {
    ours = trusted(OURS);
    bundle = copy("v1");
    file = bundle.resolve("signature.json");
    BundleSignature.sign(ModelBundle.open(bundle), OURS);
  }

  @Test
  void open_signed_saysByWhom() throws IOException {
    List<String> passed = new ArrayList<>();
    ModelBundle opened = ModelBundle.open(bundle, ours, passed::add);
    opened.scorer(Backend.SCALAR, null).close();
    assertThat(passed).contains("signature.json: signed with the trusted key " + fingerprint());
    assertThat(BundleSignature.require(bundle, ours)).isEqualTo(fingerprint());
  }

  @Test
  void open_unsigned_isRefusedWithWhatToDo() throws IOException {
    Files.delete(file);
    assertRefused(
        "signature.json: is missing: only models signed with a trusted key may serve here; if you"
            + " trust this one: nextclick models sign "
            + bundle);
  }

  @Test
  void open_noKeyTrusted_takesSignedUnsignedAndJunkAlike() throws IOException {
    assertThat(ModelBundle.open(bundle).manifest().version()).isEqualTo("v1");
    Files.writeString(file, "junk");
    assertThat(ModelBundle.open(bundle).manifest().version()).isEqualTo("v1");
    Files.delete(file);
    assertThat(ModelBundle.open(bundle).manifest().version()).isEqualTo("v1");
  }

  @Test
  void open_leftOfAKilledSigning_isNoOddFile() throws IOException {
    Files.writeString(bundle.resolve(".signature.json.unfinished"), "{");
    ModelBundle.open(bundle, ours, passed -> {});
    BundleSignature.sign(ModelBundle.open(bundle), OURS);
    assertThat(bundle.resolve(".signature.json.unfinished")).doesNotExist();
    Files.writeString(bundle.resolve("signature.json.bak"), "{");
    assertRefused("signature.json.bak: is not a file of this bundle");
  }

  @Test
  void open_changedManifest_isRefused() throws IOException {
    new Forgery(bundle).manifest(tree -> ((ObjectNode) tree.get("metrics")).put("NDCG@10", 0.9));
    assertRefused("signature.json: is of another model.json than the one beside it");
    assertRefused("the model was changed after it was signed; take it from its source again");
  }

  @Test
  void open_changedFileWithChangedManifest_isRefused() throws IOException {
    for (String name : new String[] {"weights.safetensors", "items.txt", "golden.json"}) {
      byte[] other = Files.readAllBytes(made.resolve("shop/v2").resolve(name));
      other[other.length - 3] ^= 1;
      new Forgery(bundle).replace(name, other);
      assertRefused("signature.json: is of another model.json");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"weights.safetensors", "items.txt", "golden.json", "model.onnx"})
  void open_changedFile_isRefusedByTheSignedHash(String name) throws IOException {
    byte[] bytes = Files.readAllBytes(bundle.resolve(name));
    bytes[bytes.length / 2] ^= 4;
    Files.write(bundle.resolve(name), bytes);
    assertRefused(name + ": was changed: model.json says sha256=");
  }

  @Test
  void open_anyBitOfTheManifestFlipped_isRefused() throws IOException {
    Path manifest = bundle.resolve("model.json");
    byte[] bytes = Files.readAllBytes(manifest);
    for (int at = 0; at < bytes.length; at += 7) {
      byte[] other = bytes.clone();
      other[at] ^= (byte) (1 << (at % 8));
      Files.write(manifest, other);
      assertRefused("signature.json: is of another model.json");
    }
  }

  @Test
  void open_manifestOfAnybody_isNotParsed() throws IOException {
    Files.writeString(bundle.resolve("model.json"), "[".repeat(100_000));
    assertRefused("signature.json: is of another model.json");
    Files.delete(file);
    assertRefused("signature.json: is missing");
  }

  @Test
  void open_otherKey_isRefusedWithBothFingerprints() throws IOException {
    BundleSignature.sign(ModelBundle.open(bundle), FOREIGN);
    assertRefused("signature.json: is by a key that is not trusted");
    assertRefused(fingerprint());
    assertRefused("key=" + FOREIGN.fingerprint());
  }

  @Test
  void open_otherKeyUnderOurName_isRefused() throws IOException {
    BundleSignature.sign(ModelBundle.open(bundle), FOREIGN);
    change(tree -> tree.put("key", fingerprint()));
    assertRefused(
        "signature.json: was not made with the key that it names: it is damaged or forged");
  }

  @Test
  void open_signatureOfAnotherBundle_isRefused() throws IOException {
    Path other = copy("v2");
    BundleSignature.sign(ModelBundle.open(other), OURS);
    Files.write(file, Files.readAllBytes(other.resolve("signature.json")));
    assertRefused("signature.json: is of another model, but lies in shop/v1");
    change(tree -> tree.put("model", "shop/v1"));
    assertRefused("signature.json: is of another model.json");
    String sum = BundleFiles.sha256(Files.readAllBytes(bundle.resolve("model.json")));
    change(tree -> tree.put("manifest", sum));
    assertRefused("signature.json: was not made with the key that it names");
  }

  @Test
  void open_renamed_isRefusedHoweverFarItIsChanged() throws IOException {
    Path renamed = bundle.resolveSibling("v9");
    Files.move(bundle, renamed);
    bundle = renamed;
    file = bundle.resolve("signature.json");
    assertRefused("signature.json: is of another model, but lies in shop/v9");
    change(tree -> tree.put("model", "shop/v9"));
    assertRefused("signature.json: was not made with the key that it names");
    new Forgery(bundle).manifest(tree -> tree.put("version", "v9"));
    assertRefused("signature.json: is of another model.json");
    String sum = BundleFiles.sha256(Files.readAllBytes(bundle.resolve("model.json")));
    change(tree -> tree.put("manifest", sum));
    assertRefused("signature.json: was not made with the key that it names");
    BundleSignature.sign(ModelBundle.open(bundle), OURS); // who may, makes it a new version
    ModelBundle.open(bundle, ours, passed -> {});
  }

  @Test
  void open_otherModelOfTheSameVersion_isRefused() throws IOException {
    Path moved = models.resolve("shoes/v1");
    Files.createDirectories(moved.getParent());
    Files.move(bundle, moved);
    bundle = moved;
    assertRefused("signature.json: is of another model, but lies in shoes/v1");
  }

  @Test
  void open_truncatedSignature_isRefusedAtEveryLength() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length - 2; length++) { // } and its line break
      Files.write(file, Arrays.copyOf(whole, length));
      assertRefused("signature.json: ");
    }
  }

  @Test
  void open_anyBitOfTheSignatureFlipped_isRefused() throws IOException {
    String text = BundleSignature.of(bundle).orElseThrow().signature();
    for (int bit = 0; bit < 512; bit += 5) {
      byte[] signature = Base64.getDecoder().decode(text);
      signature[bit / 8] ^= (byte) (1 << (bit % 8));
      change(tree -> tree.put("signature", Base64.getEncoder().encodeToString(signature)));
      assertRefused("signature.json: was not made with the key that it names");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "7",
        "\"signature\"",
        "{\"format\":1,\"format\":1}",
        "\u0000\u0000",
        "-----BEGIN PUBLIC KEY-----"
      })
  void open_junkInTheSignaturesPlace_isRefused(String text) throws IOException {
    Files.writeString(file, text);
    assertRefused("signature.json: ");
    Files.writeString(file, Files.readString(file) + "[".repeat(4_000));
    assertRefused("signature.json: ");
  }

  @Test
  void open_randomBytesInTheSignaturesPlace_areRefused() throws IOException {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 50; i++) {
      byte[] junk = new byte[random.nextInt(5_000)];
      random.nextBytes(junk);
      Files.write(file, junk);
      assertRefused("signature.json: ");
    }
  }

  @Test
  void open_signatureWithOtherFields_isRefused() throws IOException {
    assertChangeRefused(tree -> tree.put("format", 2), "format is 2, but this program reads 1");
    assertChangeRefused(tree -> tree.put("algorithm", "none"), "algorithm must be Ed25519");
    assertChangeRefused(tree -> tree.put("algorithm", "HmacSHA256"), "algorithm must be Ed25519");
    assertChangeRefused(tree -> tree.put("key", "../../etc"), "key is not 64 hexadecimal digits");
    assertChangeRefused(tree -> tree.put("model", "a\nb/c"), "model is not NAME/VERSION");
    assertChangeRefused(tree -> tree.put("manifest", ""), "manifest is not 64 hexadecimal digits");
    assertChangeRefused(tree -> tree.put("signature", "AAAA"), "signature is not 64 bytes");
    assertChangeRefused(tree -> tree.put("signature", "?"), "signature is not Base64");
    assertChangeRefused(tree -> tree.putNull("signature"), "signature");
    assertChangeRefused(tree -> tree.remove("key"), "key");
    assertChangeRefused(tree -> tree.put("surprise", 1), "surprise");
  }

  @Test
  void open_noRegularFileInTheSignaturesPlace_isRefused() throws Exception {
    Path elsewhere = models.resolve("elsewhere");
    Files.move(file, elsewhere);
    Files.createSymbolicLink(file, elsewhere);
    assertRefused("signature.json: is a symbolic link, not a regular file");
    Files.delete(file);
    assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
    assertRefused("signature.json: is a pipe or device, not a regular file");
    Files.delete(file);
    Files.writeString(file, "x".repeat(4_097));
    assertRefused("signature.json: is larger than the 4096 bytes");
  }

  @Test
  void open_twoKeysTrusted_eitherMaySign() throws IOException {
    Path later = copy("v2");
    BundleSignature.sign(ModelBundle.open(later), NEXT);
    TrustedKeys both = trusted(OURS, NEXT);
    ModelBundle.open(bundle, both, passed -> {});
    ModelBundle.open(later, both, passed -> {});

    TrustedKeys next = trusted(NEXT);
    ModelBundle.open(later, next, passed -> {});
    assertThatThrownBy(() -> ModelBundle.open(bundle, next, passed -> {}))
        .hasMessageContaining("is by a key that is not trusted");
    BundleSignature.sign(ModelBundle.open(bundle), NEXT);
    ModelBundle.open(bundle, next, passed -> {});
  }

  private void assertChangeRefused(Consumer<ObjectNode> change, String reason) throws IOException {
    byte[] before = Files.readAllBytes(file);
    change(change);
    assertRefused("signature.json: ");
    assertRefused(reason);
    Files.write(file, before);
  }

  private void change(Consumer<ObjectNode> change) throws IOException {
    var tree = (ObjectNode) BundleJson.MAPPER.readTree(Files.readAllBytes(file));
    change.accept(tree);
    Files.write(file, BundleJson.MAPPER.writeValueAsString(tree).getBytes(StandardCharsets.UTF_8));
  }

  private void assertRefused(String reason) {
    assertThatThrownBy(() -> ModelBundle.open(bundle, ours, passed -> {}))
        .isInstanceOf(MalformedBundleException.class)
        .hasMessageContaining(reason);
  }

  private static String fingerprint() {
    return OURS.fingerprint();
  }

  private TrustedKeys trusted(SigningKey... keys) throws IOException {
    List<Path> files = new ArrayList<>();
    for (SigningKey key : keys) {
      files.add(Files.writeString(models.resolve(key.fingerprint() + ".pub"), key.publicPem()));
    }
    return TrustedKeys.read(files);
  }

  private Path copy(String version) throws IOException {
    Path copy = Files.createDirectories(models.resolve("shop").resolve(version));
    try (Stream<Path> files = Files.list(made.resolve("shop").resolve(version))) {
      for (Path each : files.toList()) {
        Files.copy(each, copy.resolve(each.getFileName()));
      }
    }
    return copy;
  }
}
