// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.RequestShape;
import io.nextclick.model.Scorer;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.slate.ItemEmbeddings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Scores on ONNX Runtime: with CUDA where a device works, else on the CPU.
 *
 * <p>Runs a joint model, or one after the other the stages of an encoder. A model gets its inputs
 * from the request and from the outputs of the stage before it; the last output is {@code logits}.
 */
public final class OnnxScorer implements Scorer {

  private final String name;
  private final Vocabulary vocabulary;
  private final RequestShape shape;
  private final boolean impressions;
  private final @Nullable ItemEmbeddings embeddings;
  private final String device;
  private final OrtSession joint;
  private final List<OrtSession> stages; // encode and score; none if there is only the joint model

  private OnnxScorer(
      String name,
      Vocabulary vocabulary,
      RequestShape shape,
      boolean impressions,
      @Nullable ItemEmbeddings embeddings,
      int threads,
      byte[] joint,
      byte[]... stages) {
    this.name = name;
    this.vocabulary = vocabulary;
    this.shape = shape;
    this.impressions = impressions;
    this.embeddings = embeddings;
    boolean cuda = OnnxNative.cudaFailure().isEmpty();
    this.device = cuda ? "cuda" : "cpu";
    List<OrtSession> opened = new ArrayList<>();
    try (SessionOptions options = new SessionOptions()) {
      options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      // Idle threads that spin would take the cores from the other requests.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      if (cuda) {
        options.addCUDA(0);
      }
      opened.add(OnnxNative.environment().createSession(joint, options));
      for (byte[] stage : stages) {
        opened.add(OnnxNative.environment().createSession(stage, options));
      }
    } catch (OrtException e) {
      opened.forEach(OnnxScorer::close);
      throw new IllegalArgumentException("ONNX Runtime refuses the model: " + e.getMessage(), e);
    }
    this.joint = opened.getFirst();
    this.stages = List.copyOf(opened.subList(1, opened.size()));
  }

  /**
   * An encoder in two stages, so that a history is encoded once for all candidates; the joint model
   * serves empty histories.
   *
   * @param threads of one operator; 0 takes the number of cores
   * @throws IllegalStateException if ONNX Runtime does not work here
   */
  public static OnnxScorer ofWeights(
      String name, Vocabulary vocabulary, EncoderWeights weights, int threads) {
    return new OnnxScorer(
        name,
        vocabulary,
        weights.config().reads(),
        weights.config().impressions(),
        weights.itemEmbeddings(),
        threads,
        OnnxGraphs.joint(weights),
        OnnxGraphs.encode(weights),
        OnnxGraphs.score(weights));
  }

  /**
   * A joint model, which should have passed {@link OnnxInspection}.
   *
   * @param threads of one operator; 0 takes the number of cores
   * @throws IllegalArgumentException if the runtime refuses it
   * @throws IllegalStateException if ONNX Runtime does not work here
   */
  public static OnnxScorer ofModel(
      String name, Vocabulary vocabulary, RequestShape shape, byte[] model, int threads) {
    return new OnnxScorer(name, vocabulary, shape, true, null, threads, model);
  }

  @Override
  public String name() {
    return name;
  }

  /** Where the models run: {@code cpu} or {@code cuda}. */
  public String device() {
    return device;
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public int maxHistory() {
    return shape.maxHistory();
  }

  @Override
  public boolean readsContext() {
    return shape.contextBuckets() > 0;
  }

  @Override
  public int attributeBuckets() {
    return shape.attributeBuckets();
  }

  @Override
  public List<String> fields() {
    return shape.fields();
  }

  @Override
  public boolean readsImpressions() {
    return impressions;
  }

  @Override
  public @Nullable ItemEmbeddings itemEmbeddings() {
    return embeddings;
  }

  @Override
  public float[] score(EncodedRequest request) {
    int length = request.historyItems().length;
    if (length > shape.maxHistory()) {
      throw new IllegalArgumentException(
          "history=%d, at most %d".formatted(length, shape.maxHistory()));
    }
    if (request.candidates().length == 0) {
      return new float[0];
    }
    try (OnnxInputs inputs = new OnnxInputs(OnnxNative.environment(), request, shape)) {
      List<OrtSession> models = length == 0 || stages.isEmpty() ? List.of(joint) : stages;
      return run(models, inputs, Map.of(), request.candidates().length);
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
    }
  }

  /** Runs the first model, and the others while its results are open. */
  private static float[] run(
      List<OrtSession> models, OnnxInputs request, Map<String, OnnxTensor> before, int candidates)
      throws OrtException {
    OrtSession session = models.getFirst();
    Map<String, OnnxTensor> inputs = new HashMap<>(request.of(session.getInputNames()));
    before.forEach((input, value) -> {
      if (session.getInputNames().contains(input)) {
        inputs.put(input, value);
      }
    });
    try (OrtSession.Result result = session.run(inputs)) {
      Map<String, OnnxTensor> outputs = new HashMap<>();
      for (Map.Entry<String, OnnxValue> output : result) {
        outputs.put(output.getKey(), (OnnxTensor) output.getValue());
      }
      return models.size() > 1
          ? run(models.subList(1, models.size()), request, outputs, candidates)
          : logits(outputs.get("logits"), candidates);
    }
  }

  private static float[] logits(@Nullable OnnxTensor tensor, int candidates) {
    if (tensor == null) {
      throw new IllegalStateException("the model has no output named logits");
    }
    float[] logits = new float[candidates];
    var buffer = tensor.getFloatBuffer();
    if (buffer.remaining() != candidates) {
      throw new IllegalStateException(
          "the model gave %d logits for %d candidates".formatted(buffer.remaining(), candidates));
    }
    buffer.get(logits);
    for (float logit : logits) {
      if (!Float.isFinite(logit)) {
        throw new IllegalStateException("the model gave a logit that is " + logit);
      }
    }
    return logits;
  }

  @Override
  public void close() {
    close(joint);
    stages.forEach(OnnxScorer::close);
  }

  private static void close(OrtSession session) {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("a session of ONNX Runtime does not close", e);
    }
  }
}
