// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.features.file.DurableFile;
import io.nextclick.model.sign.SigningKey;
import io.nextclick.model.sign.TrustedKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * {@code signature.json}: who vouches for a version. Signed are its name, its version, and the
 * SHA-256 of {@code model.json} as it lies there, which has those of all other files.
 *
 * @param format version of this layout
 * @param algorithm always {@code Ed25519}
 * @param key SHA-256 of the public key's X.509 form, in hexadecimal
 * @param model {@code NAME/VERSION}; here and in {@code manifest} only to say what does not fit:
 *     what is verified is what lies there
 * @param manifest SHA-256 of {@code model.json}, in hexadecimal
 * @param signature in Base64
 */
public record BundleSignature(
    int format, String algorithm, String key, String model, String manifest, String signature) {

  static final String FILE = "signature.json";

  /** What signing may leave beside the files that the manifest names, also when it is killed. */
  static final Set<String> FILES =
      Set.of(FILE, String.valueOf(DurableFile.aside(Path.of(FILE)).getFileName()));

  private static final int FORMAT = 1;
  private static final int MAX_BYTES = 4_096;
  private static final int SIGNATURE_BYTES = 64;
  private static final String ALGORITHM = "Ed25519";
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern MODEL =
      Pattern.compile("%1$s/%1$s".formatted(Manifest.NAME.pattern()));

  public BundleSignature {
    require(format == FORMAT, "format is " + format + ", but this program reads " + FORMAT);
    require(
        algorithm.equals(ALGORITHM), "algorithm must be " + ALGORITHM + "; sign the model anew");
    require(SHA_256.matcher(key).matches(), "key is not 64 hexadecimal digits");
    require(MODEL.matcher(model).matches(), "model is not NAME/VERSION");
    require(SHA_256.matcher(manifest).matches(), "manifest is not 64 hexadecimal digits");
    require(bytes(signature).length == SIGNATURE_BYTES, "signature is not 64 bytes");
  }

  private static byte[] bytes(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("signature is not Base64", e);
    }
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  /**
   * What is signed. Names hold no line break, and the first line tells it from whatever else the
   * key may sign.
   */
  private static byte[] message(String model, String manifest) {
    return "nextclick model signature %d\n%s\n%s\n"
        .formatted(FORMAT, model, manifest)
        .getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The signature of a version, whoever made it; empty if there is none.
   *
   * @throws MalformedBundleException if it cannot be one
   */
  public static Optional<BundleSignature> of(Path directory) throws IOException {
    Path file = directory.resolve(FILE);
    if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try {
      JsonNode tree = BundleJson.MAPPER.readTree(BundleFiles.read(file, MAX_BYTES));
      if (!tree.isObject()) {
        throw new MalformedBundleException(file, "", "holds no JSON object; sign the model anew");
      }
      return Optional.of(BundleJson.MAPPER.treeToValue(tree, BundleSignature.class));
    } catch (JsonProcessingException e) {
      throw BundleJson.malformed(file, e);
    }
  }

  /**
   * Makes sure that a trusted key signed a version's {@code model.json}; its other files are not
   * looked at.
   *
   * @return the key's fingerprint
   * @throws MalformedBundleException if it was not; the message says why not, and what to do
   */
  public static String require(Path directory, TrustedKeys trusted) throws IOException {
    Path plain = directory.toAbsolutePath().normalize();
    return require(plain, modelOf(plain), ModelBundle.manifestBytes(plain), trusted);
  }

  /** The same of a {@code model.json} that was read: what is parsed later are these bytes. */
  static String require(Path directory, String model, byte[] manifest, TrustedKeys trusted)
      throws IOException {
    Path file = directory.resolve(FILE);
    BundleSignature found =
        of(directory)
            .orElseThrow(() ->
                new MalformedBundleException(
                    file,
                    "",
                    "is missing: only models signed with a trusted key may serve here; if you"
                        + " trust this one: nextclick models sign "
                        + directory
                        + " --key=FILE"));
    if (!trusted.fingerprints().contains(found.key)) {
      throw new MalformedBundleException(
          file,
          "key=" + found.key,
          "is by a key that is not trusted; sign the model with one that is (%s), or trust this one"
              .formatted(String.join(", ", trusted.fingerprints())));
    }
    if (!found.model.equals(model)) {
      throw new MalformedBundleException(
          file,
          "model=" + found.model,
          "is of another model, but lies in %s; a copy under another name must be made, and"
                  .formatted(model)
              + " signed, as a model of that name");
    }
    String sum = BundleFiles.sha256(manifest);
    if (!found.manifest.equals(sum)) {
      throw new MalformedBundleException(
          file,
          "manifest=" + found.manifest,
          "is of another %s than the one beside it (SHA-256 %s): the model was changed after it was"
                  .formatted(Manifest.FILE, sum)
              + " signed; take it from its source again");
    }
    if (!trusted.verify(found.key, message(model, sum), bytes(found.signature))) {
      throw new MalformedBundleException(
          file,
          "key=" + found.key,
          "was not made with the key that it names: it is damaged or forged; take the model from"
              + " its source again");
    }
    return found.key;
  }

  /**
   * Signs a version; a signature that was there goes.
   *
   * @param bundle a version that was read and checked: what was read is what is signed
   */
  public static void sign(ModelBundle bundle, SigningKey key) throws IOException {
    String model = modelOf(bundle.directory());
    String manifest = bundle.manifestSha256();
    var signature =
        new BundleSignature(
            FORMAT,
            ALGORITHM,
            key.fingerprint(),
            model,
            manifest,
            Base64.getEncoder().encodeToString(key.sign(message(model, manifest))));
    try (DurableFile file = DurableFile.beginAlone(bundle.directory().resolve(FILE))) {
      file.out().write(BundleJson.MAPPER.writeValueAsBytes(signature));
      file.out().write('\n');
      file.commit();
    }
  }

  private static String modelOf(Path directory) {
    Path parent = directory.getParent();
    return (parent == null ? "" : parent.getFileName()) + "/" + directory.getFileName();
  }
}
