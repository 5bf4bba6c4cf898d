// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.RequestShape;
import io.nextclick.model.Scorer;
import io.nextclick.model.calibrate.CalibratedScorer;
import io.nextclick.model.decoder.Decoder;
import io.nextclick.model.decoder.PageWeights;
import io.nextclick.model.decoder.PlacingScorer;
import io.nextclick.model.encoder.EncodedHistoryCache;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.onnx.OnnxInspection;
import io.nextclick.model.onnx.OnnxScorer;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.sign.TrustedKeys;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A model version in {@code models/NAME/VERSION/}, checked and in memory; immutable.
 *
 * <pre>
 *  model.json            architecture, calibration, provenance, size and SHA-256 of the others
 *  weights.safetensors   all tensors of the encoder; absent if the model is only a graph
 *  decoder.safetensors   all tensors of the decoder and of its encoder, if the model has one
 *  items.txt             one item id per line; line n is row n of the embedding
 *  golden.json           requests and their probabilities, recomputed before the model serves
 *  model.onnx            the joint graph
 *  signature.json        who vouches for model.json; read where keys are trusted
 * </pre>
 */
public final class ModelBundle {

  static final String WEIGHTS = "weights.safetensors";
  static final String DECODER = "decoder.safetensors";
  static final String ITEMS = "items.txt";
  static final String GOLDEN = "golden.json";

  /** Files about the training that a bundle may hold: for people, not for the scorer. */
  public static final Set<String> REPORTS = Set.of("metrics.json", "learning-curve.svg");

  static final String GRAPH = "model.onnx";

  /** Files that every bundle has, beside its manifest. */
  static final Set<String> OF_ALL = Set.of(ITEMS, GOLDEN, GRAPH);

  /** Threads of one operator in ONNX Runtime: requests already share the cores among them. */
  private static final int ONNX_THREADS = 1;

  private final Path directory;
  private final Manifest manifest;
  private final String manifestSha256;
  private final Vocabulary vocabulary;
  private final GoldenRequests golden;
  private final @Nullable EncoderWeights weights;
  private final @Nullable PageWeights decoder;
  private final byte @Nullable [] graph;

  private ModelBundle(
      Path directory,
      Manifest manifest,
      String manifestSha256,
      Vocabulary vocabulary,
      GoldenRequests golden,
      @Nullable EncoderWeights weights,
      @Nullable PageWeights decoder,
      byte @Nullable [] graph) {
    this.directory = directory;
    this.manifest = manifest;
    this.manifestSha256 = manifestSha256;
    this.vocabulary = vocabulary;
    this.golden = golden;
    this.weights = weights;
    this.decoder = decoder;
    this.graph = graph;
  }

  /**
   * Reads a bundle and checks every byte of it; {@link #scorer} then checks what it computes.
   *
   * @throws MalformedBundleException if it is not what it must be; the message says what and where
   * @throws IOException if it cannot be read
   */
  public static ModelBundle open(Path directory) throws IOException {
    return open(directory, TrustedKeys.ANYBODY, passed -> {});
  }

  /**
   * The same of a bundle that was signed, if that is asked for: nothing of it is parsed before its
   * signature holds.
   *
   * @param trusted who may have signed it
   * @param passed hears of every check that held
   */
  public static ModelBundle open(Path directory, TrustedKeys trusted, Consumer<String> passed)
      throws IOException {
    Path plain = directory.toAbsolutePath().normalize();
    Path parent = plain.getParent();
    if (parent == null) {
      throw new MalformedBundleException(plain, "", "is no NAME/VERSION directory");
    }
    BundleFiles.requireDirectory(parent);
    String name = String.valueOf(parent.getFileName());
    return read(plain, name, String.valueOf(plain.getFileName()), trusted, passed);
  }

  static ModelBundle read(
      Path directory, String name, String version, TrustedKeys trusted, Consumer<String> passed)
      throws IOException {
    BundleFiles.requireDirectory(directory);
    passed.accept("plain directory");
    byte[] bytes = manifestBytes(directory);
    if (!trusted.anybody()) {
      String key = BundleSignature.require(directory, name + "/" + version, bytes, trusted);
      passed.accept(BundleSignature.FILE + ": signed with the trusted key " + key);
    }
    Manifest manifest = manifest(directory, bytes, name, version);
    passed.accept(
        "model.json: format " + manifest.format() + ", checksum, " + name + " " + version);
    Set<String> names = new TreeSet<>(manifest.files().keySet());
    names.add(Manifest.FILE);
    BundleFiles.requireExactly(directory, names, BundleSignature.FILES);
    passed.accept("no file missing, none too many");
    Vocabulary vocabulary = vocabulary(directory, manifest);
    passed.accept(ITEMS + ": size, SHA-256, " + vocabulary.size() + " items");
    EncoderWeights weights = weights(directory, manifest);
    if (weights != null) {
      passed.accept(WEIGHTS + ": size, SHA-256, header, shapes, finite values");
    }
    PageWeights decoder = decoder(directory, manifest);
    if (decoder != null) {
      passed.accept(DECODER + ": size, SHA-256, header, shapes, finite values");
    }
    byte[] graph = graph(directory, manifest);
    passed.accept(
        GRAPH
            + ": size, SHA-256"
            + (graph == null ? "" : ", operators, no outside data, a trial run"));
    GoldenRequests golden =
        GoldenRequests.parse(
            directory.resolve(GOLDEN),
            file(directory, manifest, GOLDEN, GoldenRequests.MAX_BYTES),
            manifest.items(),
            manifest.reads());
    passed.accept(GOLDEN + ": size, SHA-256, " + golden.requests().size() + " requests");
    for (String report : REPORTS) {
      if (manifest.files().containsKey(report)) {
        BundleFiles.requireHashed(directory.resolve(report), entry(manifest, report));
        passed.accept(report + ": size, SHA-256");
      }
    }
    return new ModelBundle(
        directory,
        manifest,
        BundleFiles.sha256(bytes),
        vocabulary,
        golden,
        weights,
        decoder,
        graph);
  }

  static byte[] manifestBytes(Path directory) throws IOException {
    Path file = directory.resolve(Manifest.FILE);
    try {
      return BundleFiles.read(file, Manifest.MAX_BYTES);
    } catch (NoSuchFileException e) {
      throw new MalformedBundleException(file, "", "is missing");
    }
  }

  private static Manifest manifest(Path directory, byte[] bytes, String name, String version) {
    Path file = directory.resolve(Manifest.FILE);
    Manifest manifest = Manifest.parse(file, bytes);
    if (!manifest.name().equals(name) || !manifest.version().equals(version)) {
      throw new MalformedBundleException(
          file,
          "name, version",
          "is of model %s %s, but lies in %s/%s"
              .formatted(manifest.name(), manifest.version(), name, version));
    }
    return manifest;
  }

  private static byte[] file(Path directory, Manifest manifest, String name, long maxBytes)
      throws IOException {
    return BundleFiles.readHashed(directory.resolve(name), entry(manifest, name), maxBytes);
  }

  private static Manifest.FileEntry entry(Manifest manifest, String name) {
    Manifest.FileEntry entry = manifest.files().get(name);
    if (entry == null) {
      throw new IllegalArgumentException("the manifest names no " + name);
    }
    return entry;
  }

  /** A model may take a part of the heap: it is there twice while it is read. */
  static long maxModelBytes() {
    return Math.min(Integer.MAX_VALUE - 8, Runtime.getRuntime().maxMemory() / 4);
  }

  private static Vocabulary vocabulary(Path directory, Manifest manifest) throws IOException {
    Path path = directory.resolve(ITEMS);
    byte[] bytes = file(directory, manifest, ITEMS, maxModelBytes());
    Vocabulary vocabulary = ItemsFile.parse(path, bytes);
    if (vocabulary.size() != manifest.items()) {
      throw new MalformedBundleException(
          path, "", "has " + vocabulary.size() + " items, but model.json says " + manifest.items());
    }
    return vocabulary;
  }

  private static @Nullable EncoderWeights weights(Path directory, Manifest manifest)
      throws IOException {
    EncoderConfig config = manifest.encoder();
    if (config == null) {
      return null;
    }
    Path path = directory.resolve(WEIGHTS);
    return BundleWeights.encoder(path, file(directory, manifest, WEIGHTS, maxModelBytes()), config);
  }

  private static @Nullable PageWeights decoder(Path directory, Manifest manifest)
      throws IOException {
    Manifest.Decoder entry = manifest.decoder();
    EncoderConfig model = manifest.encoder();
    if (entry == null || model == null) {
      return null;
    }
    Path path = directory.resolve(DECODER);
    byte[] bytes = file(directory, manifest, DECODER, maxModelBytes());
    return BundleWeights.pages(path, bytes, entry.shape(), model);
  }

  /** The graph where it is the model; where there are weights it is only vouched for. */
  private static byte @Nullable [] graph(Path directory, Manifest manifest) throws IOException {
    Path path = directory.resolve(GRAPH);
    if (manifest.encoder() != null) {
      BundleFiles.requireHashed(path, entry(manifest, GRAPH));
      return null;
    }
    byte[] bytes = file(directory, manifest, GRAPH, maxModelBytes());
    inspect(path, bytes, manifest.reads());
    GraphTrial.require(path, bytes, manifest.items(), manifest.reads());
    return bytes;
  }

  static void inspect(Path path, byte[] bytes, RequestShape reads) {
    try {
      JointGraph.requireContract(OnnxInspection.of(bytes, maxModelBytes()), reads.fields().size());
    } catch (IllegalArgumentException e) {
      throw new MalformedBundleException(path, "", String.valueOf(e.getMessage()));
    }
  }

  /** Where the bundle lies. */
  public Path directory() {
    return directory;
  }

  /** What the bundle says of itself. */
  public Manifest manifest() {
    return manifest;
  }

  /** SHA-256 of {@code model.json} as it was read, in hexadecimal. */
  String manifestSha256() {
    return manifestSha256;
  }

  /** The items of the model. */
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /**
   * Makes the graph of a bundle compute its golden probabilities, beside the backend in use.
   *
   * @throws MalformedBundleException if it gives others, or is refused
   * @throws IllegalStateException if ONNX Runtime does not work here
   */
  public void verifyGraph() throws IOException {
    Path path = directory.resolve(GRAPH);
    byte[] bytes = file(directory, manifest, GRAPH, maxModelBytes());
    inspect(path, bytes, manifest.reads());
    GraphTrial.require(path, bytes, manifest.items(), manifest.reads());
    try (Scorer scorer = new CalibratedScorer(onGraph(bytes), manifest.calibration())) {
      golden.verify(directory.resolve(GOLDEN), scorer, GRAPH);
    }
  }

  /** The weights; null if the model is only a graph. */
  public @Nullable EncoderWeights weights() {
    return weights;
  }

  /**
   * Checks that action codes mean what they meant in training.
   *
   * @param actions names by code, as the store has them
   * @throws IllegalArgumentException if a code has another name
   */
  public void requireActions(List<String> actions) {
    List<String> trained = manifest.actions();
    if (trained.size() > actions.size() || !actions.subList(0, trained.size()).equals(trained)) {
      throw new IllegalArgumentException(
          "model %s %s was trained on actions %s, but the store has %s"
              .formatted(manifest.name(), manifest.version(), trained, actions));
    }
  }

  /**
   * A scorer that has given the golden probabilities.
   *
   * @param backend what to run on
   * @param cache of encoded histories, where the backend uses one; null to encode every time
   * @throws MalformedBundleException if it gives other probabilities than the golden ones
   * @throws IllegalArgumentException if this model does not run on that backend
   * @throws IllegalStateException if the backend does not work on this machine
   */
  public Scorer scorer(Backend backend, @Nullable EncodedHistoryCache cache) {
    Backend chosen = graph == null ? backend.resolved() : Backend.ONNX;
    if (graph != null && backend != Backend.ONNX && backend != Backend.AUTO) {
      throw new IllegalArgumentException(
          "model %s %s is an ONNX graph: it runs on backend onnx or auto, not on %s"
              .formatted(manifest.name(), manifest.version(), backend));
    }
    Scorer logits = logits(chosen, cache);
    Scorer scorer = withPages(new CalibratedScorer(logits, manifest.calibration()), chosen);
    try {
      golden.verify(directory.resolve(GOLDEN), scorer, chosen.name());
    } catch (RuntimeException e) {
      scorer.close();
      throw e;
    }
    return scorer;
  }

  /** With what places whole pages; beside ONNX Runtime, too, that runs on the fastest kernel. */
  private Scorer withPages(Scorer scorer, Backend backend) {
    Manifest.Decoder entry = manifest.decoder();
    if (entry == null || decoder == null) {
      return scorer;
    }
    Kernels kernels = backend == Backend.SCALAR ? Kernels.scalar() : Kernels.best();
    EncoderScorer encoder =
        new EncoderScorer(manifest.name(), vocabulary, decoder.encoder(), kernels, null);
    Decoder places = new Decoder(decoder.decoder(), kernels);
    return new PlacingScorer(scorer, encoder, places, entry.calibration());
  }

  private Scorer onGraph(byte[] bytes) {
    try {
      return OnnxScorer.ofModel(manifest.name(), vocabulary, manifest.reads(), bytes, ONNX_THREADS);
    } catch (IllegalArgumentException e) {
      throw new MalformedBundleException(
          directory.resolve(GRAPH), "", String.valueOf(e.getMessage()));
    }
  }

  private Scorer logits(Backend backend, @Nullable EncodedHistoryCache cache) {
    String name = manifest.name();
    if (graph != null) {
      return onGraph(graph);
    }
    if (weights == null) {
      throw new IllegalStateException("a bundle has weights or a graph");
    }
    return switch (backend) {
      case ONNX -> OnnxScorer.ofWeights(name, vocabulary, weights, ONNX_THREADS);
      case SCALAR -> new EncoderScorer(name, vocabulary, weights, Kernels.scalar(), cache);
      case VECTOR -> new EncoderScorer(name, vocabulary, weights, Kernels.vector(), cache);
      case AUTO -> throw new IllegalStateException("auto is resolved before");
    };
  }
}
