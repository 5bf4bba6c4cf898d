// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.encoder.EncoderConfig;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * {@code model.json}: what the model is, and the size and SHA-256 of every other file.
 *
 * <p>The file vouches for itself too: {@code checksum} is the SHA-256 of its bytes with 64 zeros in
 * the checksum's place.
 *
 * @param format version of this layout
 * @param name of the model
 * @param version of the model
 * @param kind what holds the model: weights or a graph
 * @param architecture shape of the encoder; of a graph, {@code items}, {@code maxHistory} and the
 *     buckets count
 * @param actions names of the actions, by code, that the model was trained on
 * @param calibration from logits to probabilities
 * @param provenance where the model comes from, as text
 * @param metrics what it measured when it was made
 * @param files name to size and hash
 * @param checksum of this file
 */
public record Manifest(
    int format,
    String name,
    String version,
    Kind kind,
    EncoderConfig architecture,
    Calibration calibration,
    Map<String, String> provenance,
    Map<String, Double> metrics,
    Map<String, FileEntry> files,
    String checksum) {

  static final int FORMAT = 1;
  static final String FILE = "model.json";
  static final int MAX_BYTES = 1 << 20;

  /** Names and versions: also safe as a directory's name. */
  static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
  private static final String NO_CHECKSUM = "0".repeat(64);

  /** What holds the model. */
  public enum Kind {
    /** {@code weights.safetensors}; {@code model.onnx} is the same model for other runtimes. */
    ENCODER,
    /** {@code model.onnx}, a joint graph made elsewhere. */
    ONNX;

    Set<String> files() {
      return this == ENCODER
          ? Set.of(ModelBundle.WEIGHTS, ModelBundle.ITEMS, ModelBundle.GOLDEN, ModelBundle.GRAPH)
          : Set.of(ModelBundle.ITEMS, ModelBundle.GOLDEN, ModelBundle.GRAPH);
    }
  }

  /**
   * One file.
   *
   * @param bytes its size
   * @param sha256 of its bytes, in lower-case hexadecimal
   */
  public record FileEntry(long bytes, String sha256) {
    public FileEntry {
      require(bytes >= 0, "bytes=" + bytes);
      require(SHA_256.matcher(sha256).matches(), "sha256 is not 64 hexadecimal digits");
    }
  }

  private static final JsonMapper JSON =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(8)
                          .maxStringLength(65_536)
                          .maxNameLength(512)
                          .maxNumberLength(64)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .disable(com.fasterxml.jackson.databind.MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  @JsonCreator
  public Manifest {
    require(format == FORMAT, "format=" + format + "; this program reads " + FORMAT);
    require(NAME.matcher(name).matches(), "name must match " + NAME);
    require(NAME.matcher(version).matches(), "version must match " + NAME);
    require(
        files.keySet().equals(kind.files()),
        "files are " + files.keySet() + ", but a bundle of kind " + kind + " has " + kind.files());
    require(SHA_256.matcher(checksum).matches(), "checksum is not 64 hexadecimal digits");
    provenance = Map.copyOf(provenance);
    metrics = Map.copyOf(metrics);
    files = Map.copyOf(files);
  }
}
