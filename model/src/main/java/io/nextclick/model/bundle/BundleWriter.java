// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.file.Disk;
import io.nextclick.model.RequestShape;
import io.nextclick.model.Scorer;
import io.nextclick.model.calibrate.CalibratedScorer;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.decoder.PageWeights;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.onnx.OnnxGraphs;
import io.nextclick.model.onnx.OnnxScorer;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.sign.TrustedKeys;
import io.nextclick.model.weights.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Publishes model versions: writes into a directory beside the final one, forces everything to the
 * disk, checks it as a reader would, and renames. So the final name is there with all of it, or not
 * at all, whenever the process dies.
 */
public final class BundleWriter {

  /** Fixes the golden requests of a bundle: any number does. */
  static final long GOLDEN_SEED = 20_261_122;

  private final Path models;

  /**
   * @param models the directory of all models; made when missing
   */
  public BundleWriter(Path models) {
    this.models = models;
  }

  /**
   * What a bundle says of itself.
   *
   * @param name of the model
   * @param version new for that name
   * @param actions names of the action codes that it was trained with; empty if it reads none
   * @param calibration from logits to probabilities
   * @param provenance where the model comes from, as text
   * @param metrics what it measured
   */
  public record Label(
      String name,
      String version,
      List<String> actions,
      Calibration calibration,
      Map<String, String> provenance,
      Map<String, Double> metrics) {
    public Label {
      for (String part : new String[] {name, version}) {
        if (!Manifest.NAME.matcher(part).matches()) {
          throw new IllegalArgumentException(
              "name or version \"" + part + "\" must match " + Manifest.NAME + "; give another");
        }
      }
      metrics.forEach((metric, value) -> {
        if (!Double.isFinite(value)) {
          throw new IllegalArgumentException("metric " + metric + " is " + value);
        }
      });
    }
  }

  /**
   * Publishes an encoder.
   *
   * @return the bundle's directory
   * @throws FileAlreadyExistsException if that version is there
   */
  public Path publish(Label label, Vocabulary vocabulary, EncoderWeights weights)
      throws IOException {
    return publish(label, vocabulary, weights, Map.of());
  }

  /**
   * Publishes an encoder, with reports on its training.
   *
   * @param reports bytes by name, of {@link ModelBundle#REPORTS}
   * @return the bundle's directory
   * @throws FileAlreadyExistsException if that version is there
   */
  public Path publish(
      Label label, Vocabulary vocabulary, EncoderWeights weights, Map<String, byte[]> reports)
      throws IOException {
    return publish(label, vocabulary, weights, null, reports);
  }

  /**
   * What places whole pages.
   *
   * @param calibration from its logits to probabilities
   */
  public record Decoder(PageWeights weights, Calibration calibration) {}

  /**
   * Publishes an encoder, with reports on its training.
   *
   * @param decoder on top of it; null for none
   * @param reports bytes by name, of {@link ModelBundle#REPORTS}
   * @return the bundle's directory
   * @throws FileAlreadyExistsException if that version is there
   */
  public Path publish(
      Label label,
      Vocabulary vocabulary,
      EncoderWeights weights,
      @Nullable Decoder decoder,
      Map<String, byte[]> reports)
      throws IOException {
    byte[] golden;
    try (Scorer scorer =
        new CalibratedScorer(
            new EncoderScorer(label.name, vocabulary, weights, Kernels.scalar(), null),
            label.calibration)) {
      RequestShape reads = weights.config().reads();
      golden = GoldenRequests.of(scorer, reads, GOLDEN_SEED).write();
    }
    Map<String, BundleFiles.Content> files = new LinkedHashMap<>();
    files.put(
        ModelBundle.WEIGHTS,
        out -> Safetensors.write(shaped(weights.config().tensors(), weights.tensors()), out));
    if (decoder != null) {
      PageWeights of = decoder.weights;
      List<Tensor> declared = PageWeights.declared(of.decoder().config(), weights.config());
      files.put(ModelBundle.DECODER, out -> Safetensors.write(shaped(declared, of.tensors()), out));
    }
    files.put(ModelBundle.GRAPH, out -> out.write(OnnxGraphs.joint(weights)));
    files.put(ModelBundle.ITEMS, out -> writeItems(vocabulary, out));
    files.put(ModelBundle.GOLDEN, out -> out.write(golden));
    reports.forEach((name, bytes) -> files.put(name, out -> out.write(bytes)));
    Manifest.Decoder entry =
        decoder == null
            ? null
            : new Manifest.Decoder(decoder.weights.decoder().config(), decoder.calibration);
    return publish(
        label, files, entries -> Manifest.write(label, weights.config(), null, entry, entries));
  }

  /**
   * Publishes a graph of the joint contract.
   *
   * @return the bundle's directory
   * @throws FileAlreadyExistsException if that version is there
   * @throws MalformedBundleException if the graph is refused
   */
  public Path publish(Label label, Vocabulary vocabulary, RequestShape reads, byte[] graph)
      throws IOException {
    Path path = Path.of(ModelBundle.GRAPH);
    ModelBundle.inspect(path, graph, reads);
    GraphTrial.require(path, graph, vocabulary.size(), reads);
    byte[] golden;
    try (Scorer scorer =
        new CalibratedScorer(
            OnnxScorer.ofModel(label.name, vocabulary, reads, graph, 1), label.calibration)) {
      golden = GoldenRequests.of(scorer, reads, GOLDEN_SEED).write();
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new MalformedBundleException(path, "", String.valueOf(e.getMessage()));
    }
    Map<String, BundleFiles.Content> files = new LinkedHashMap<>();
    files.put(ModelBundle.GRAPH, out -> out.write(graph));
    files.put(ModelBundle.ITEMS, out -> writeItems(vocabulary, out));
    files.put(ModelBundle.GOLDEN, out -> out.write(golden));
    return publish(
        label,
        files,
        entries ->
            Manifest.write(
                label, null, new Manifest.Graph(vocabulary.size(), reads), null, entries));
  }

  private interface ManifestBytes {
    byte[] of(Map<String, Manifest.FileEntry> entries) throws IOException;
  }

  private Path publish(Label label, Map<String, BundleFiles.Content> files, ManifestBytes manifest)
      throws IOException {
    Path versions = models.resolve(label.name);
    Path target = versions.resolve(label.version);
    if (Files.exists(target)) {
      throw new FileAlreadyExistsException(target.toString());
    }
    Files.createDirectories(versions);
    // A name that no version can have, so that nobody takes it for one.
    Path aside = versions.resolve("." + label.version + "." + UUID.randomUUID());
    Files.createDirectory(aside);
    try {
      Map<String, Manifest.FileEntry> entries = new TreeMap<>();
      for (Map.Entry<String, BundleFiles.Content> file : files.entrySet()) {
        entries.put(
            file.getKey(), BundleFiles.write(aside.resolve(file.getKey()), file.getValue()));
      }
      byte[] bytes = manifest.of(entries);
      BundleFiles.write(aside.resolve(Manifest.FILE), out -> out.write(bytes));
      ModelBundle written =
          ModelBundle.read(aside, label.name, label.version, TrustedKeys.ANYBODY, passed -> {});
      written.scorer(Backend.AUTO, null).close();
      Disk.force(aside);
      Disk.rename(aside, target);
      return target;
    } catch (IOException | RuntimeException e) {
      delete(aside, e);
      throw e;
    }
  }

  private static void delete(Path aside, Exception cause) {
    try (Stream<Path> files = Files.list(aside)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(aside);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private static Map<String, Safetensors.Tensor> shaped(
      List<Tensor> declared, Map<String, float[]> values) {
    Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
    for (Tensor spec : declared) {
      float[] of = Objects.requireNonNull(values.get(spec.name()), spec.name());
      tensors.put(spec.name(), new Safetensors.Tensor(spec.shape(), of));
    }
    return tensors;
  }

  private static void writeItems(Vocabulary vocabulary, OutputStream out) throws IOException {
    for (String id : vocabulary.ids()) {
      out.write(id.getBytes(StandardCharsets.UTF_8));
      out.write('\n');
    }
  }
}
