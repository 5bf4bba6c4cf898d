// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.model.RequestShape;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.part.EncoderConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code model.json}: what the model is, and the size and SHA-256 of every other file.
 *
 * <p>The file vouches for itself too: {@code checksum} is the SHA-256 of its bytes with 64 zeros in
 * the checksum's place.
 *
 * @param format version of this layout
 * @param name of the model
 * @param version of the model
 * @param encoder shape of the encoder whose weights the bundle holds; null if it holds a graph
 * @param graph what the graph of a model trained elsewhere reads; null if it holds weights
 * @param decoder what places whole pages; null for none
 * @param actions names of the action codes that it was trained with; empty if it reads none
 * @param calibration from logits to probabilities; relative where the validation had one outcome
 *     only, which older trainers fitted to all the same
 * @param provenance where the model comes from, as text
 * @param metrics what it measured when it was made
 * @param files name to size and hash
 * @param checksum of this file
 */
public record Manifest(
    int format,
    String name,
    String version,
    @JsonSetter(nulls = Nulls.SET) @Nullable EncoderConfig encoder,
    @JsonSetter(nulls = Nulls.SET) @Nullable Graph graph,
    @JsonSetter(nulls = Nulls.SET) @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable Decoder decoder,
    List<String> actions,
    Calibration calibration,
    Map<String, String> provenance,
    Map<String, Double> metrics,
    Map<String, FileEntry> files,
    String checksum) {

  /** What is written; 1 had the parts of an encoder beside its other settings. */
  static final int FORMAT = 2;

  static final String FILE = "model.json";
  static final int MAX_BYTES = 1 << 20;

  /** The metric that is a number only where the validation had clicks and others. */
  public static final String VALIDATION_AUC = "validation.auc";

  /** Names and versions: also safe as a directory's name. */
  public static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
  private static final String NO_CHECKSUM = "0".repeat(64);

  /**
   * What a graph reads.
   *
   * @param items known items
   * @param reads of a request
   */
  public record Graph(int items, RequestShape reads) {}

  /**
   * What places whole pages.
   *
   * @param shape of its weights
   * @param calibration from its logits to probabilities
   */
  public record Decoder(DecoderConfig shape, Calibration calibration) {}

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

  public Manifest {
    require(NAME.matcher(name).matches(), "name must match " + NAME);
    require(NAME.matcher(version).matches(), "version must match " + NAME);
    require((encoder == null) != (graph == null), "it needs either encoder or graph");
    Set<String> expected = new TreeSet<>(ModelBundle.OF_ALL);
    if (encoder != null) {
      expected.add(ModelBundle.WEIGHTS);
    }
    if (decoder != null) {
      require(
          encoder != null
              && encoder.dim() == decoder.shape.dim()
              && encoder.items() == decoder.shape.items(),
          "a decoder goes with an encoder as wide as it is, of as many items");
      expected.add(ModelBundle.DECODER);
    }
    Set<String> named = new TreeSet<>(files.keySet());
    named.removeAll(ModelBundle.REPORTS);
    require(
        named.equals(expected), "files must be " + expected + ", perhaps " + ModelBundle.REPORTS);
    require(SHA_256.matcher(checksum).matches(), "checksum is not 64 hexadecimal digits");
    actions = List.copyOf(actions);
    provenance = Map.copyOf(provenance);
    metrics = Map.copyOf(metrics);
    files = Map.copyOf(files);
    if (calibration.fitted() && Double.isNaN(metrics.getOrDefault(VALIDATION_AUC, 0.0))) {
      calibration = new Calibration.Relative(calibration);
    }
  }

  /** Known items. */
  public int items() {
    return encoder != null ? encoder.items() : graph == null ? 0 : graph.items;
  }

  /** What the model reads of a request. */
  public RequestShape reads() {
    return encoder != null ? encoder.reads() : shapeOf(graph);
  }

  private static RequestShape shapeOf(@Nullable Graph graph) {
    return graph == null ? new RequestShape(0, 0, 0) : graph.reads;
  }

  static Manifest parse(Path path, byte[] bytes) {
    try {
      JsonNode tree = BundleJson.MAPPER.readTree(bytes);
      int format = tree.path("format").asInt(-1);
      if (format < 1 || format > FORMAT) {
        throw new MalformedBundleException(
            path, "format", "format is " + format + ", but this program reads 1 to " + FORMAT);
      }
      if (format == 1) {
        BundleJson.nestParts(tree.path("encoder"));
      }
      if (tree instanceof ObjectNode fields) {
        fields.putIfAbsent("decoder", fields.nullNode()); // absent where there is none
      }
      if (tree.path("graph").path("reads") instanceof ObjectNode reads) {
        reads.putIfAbsent("fields", reads.arrayNode()); // absent where a graph reads none
      }
      Manifest manifest = BundleJson.MAPPER.treeToValue(tree, Manifest.class);
      String text = new String(bytes, StandardCharsets.UTF_8);
      String found = checksumOf(text.replace(manifest.checksum, NO_CHECKSUM));
      if (!found.equals(manifest.checksum)) {
        throw new MalformedBundleException(
            path, "checksum", "was changed: its SHA-256 is " + found);
      }
      return manifest;
    } catch (JsonProcessingException e) {
      throw BundleJson.malformed(path, e);
    } catch (IOException e) {
      throw new MalformedBundleException(path, "", "does not read: " + e.getMessage());
    }
  }

  /** The bytes of {@code model.json}, with the checksum that they then have. */
  static byte[] write(
      BundleWriter.Label label,
      @Nullable EncoderConfig encoder,
      @Nullable Graph graph,
      @Nullable Decoder decoder,
      Map<String, FileEntry> files)
      throws JsonProcessingException {
    Manifest open =
        new Manifest(
            FORMAT,
            label.name(),
            label.version(),
            encoder,
            graph,
            decoder,
            label.actions(),
            label.calibration(),
            label.provenance(),
            label.metrics(),
            files,
            NO_CHECKSUM);
    String text = BundleJson.MAPPER.writeValueAsString(open) + "\n";
    // The checksum stands last, so that it is not confused with zeros before it.
    int at = text.lastIndexOf(NO_CHECKSUM);
    String sum = checksumOf(text);
    return (text.substring(0, at) + sum + text.substring(at + sum.length()))
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String checksumOf(String text) {
    return BundleFiles.sha256(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
