// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.kernel;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.encoder.EncodedHistory;
import io.nextclick.model.encoder.EncoderScratch;
import io.nextclick.model.encoder.PreparedRequest;
import io.nextclick.model.encoder.TransformerEncoder;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.onnx.OnnxGraphs;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import java.nio.LongBuffer;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The encoder on {@code vector} beside ONNX Runtime on the CPU, one thread each, the same weights
 * and the same request: {@code ./nextclick bench kernel}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class KernelBenchmark {

  /** Who computes. */
  public enum Engine {
    /** The product's own kernel. */
    VECTOR,
    /** ONNX Runtime; a ranking request encodes the history once. */
    ONNX,
    /** ONNX Runtime, one full sequence per candidate: what is usually deployed. */
    ONNX_FULL
  }

  @Param("200,64,2,2")
  public String shape = "";

  @Param("ATTEND")
  public Scoring scoring = Scoring.ATTEND;

  @Param("100")
  public int candidates;

  @Param("VECTOR")
  public Engine engine = Engine.VECTOR;

  private EncodedRequest request =
      new EncodedRequest(
          new int[0], new byte[0], new long[0], new int[0], List.of(), Map.of(), Map.of());
  private TransformerEncoder encoder =
      new TransformerEncoder(
          EncoderWeights.random(KernelShape.ALL.getFirst().config(Scoring.DOT), 1), Kernels.best());
  private EncoderScratch scratch = encoder.newScratch();
  private final OrtEnvironment onnx = OrtEnvironment.getEnvironment();
  private final Map<String, OrtSession> sessions = new HashMap<>();

  /** Makes model and request, and refuses to time engines that disagree. */
  @Setup
  public void setUp() throws OrtException {
    KernelShape model = KernelShape.parse(shape);
    EncoderWeights weights = EncoderWeights.random(model.config(scoring), 20261123);
    request = request(model, candidates);
    encoder = new TransformerEncoder(weights, Kernels.vector());
    scratch = encoder.newScratch();
    if (engine == Engine.ONNX) {
      sessions.put("encode", session(OnnxGraphs.encode(weights)));
      sessions.put("score", session(OnnxGraphs.score(weights)));
    } else if (engine == Engine.ONNX_FULL) {
      sessions.put("full", session(OnnxGraphs.fullSequence(weights)));
    }
    if (engine != Engine.VECTOR) {
      requireEqual(rankVector(), rank());
    }
  }

  @TearDown
  public void tearDown() throws OrtException {
    for (OrtSession session : sessions.values()) {
      session.close();
    }
    sessions.clear();
  }

  /** Reads the history. */
  @Benchmark
  public Object encode() throws OrtException {
    if (engine == Engine.VECTOR) {
      return encoder.encodeOnce(request, scratch);
    }
    try (OnnxTensor items = longs(request.historyItems());
        OrtSession.Result result = session("encode").run(Map.of("history_items", items))) {
      return result.size();
    }
  }

  /** Reads the history and scores the candidates. */
  @Benchmark
  public float[] rank() throws OrtException {
    return switch (engine) {
      case VECTOR -> rankVector();
      case ONNX -> rankOnnx();
      case ONNX_FULL -> rankFull();
    };
  }

  private float[] rankVector() {
    float[] scores = new float[request.candidates().length];
    EncodedHistory history = encoder.encodeOnce(request, scratch);
    PreparedRequest prepared = encoder.prepare(history, request, scratch);
    encoder.score(prepared, 0, scores.length, scratch, scores);
    return scores;
  }

  private float[] rankOnnx() throws OrtException {
    try (OnnxTensor items = longs(request.historyItems());
        OnnxTensor rows = longs(request.candidates());
        OrtSession.Result history = session("encode").run(Map.of("history_items", items))) {
      Map<String, OnnxTensor> inputs = new HashMap<>();
      for (var output : history) {
        inputs.put(output.getKey(), (OnnxTensor) output.getValue());
      }
      inputs.put("candidates", rows);
      try (OrtSession.Result result = session("score").run(inputs)) {
        return floats(result);
      }
    }
  }

  private float[] rankFull() throws OrtException {
    try (OnnxTensor items = longs(request.historyItems());
        OnnxTensor rows = longs(request.candidates());
        OrtSession.Result result =
            session("full").run(Map.of("history_items", items, "candidates", rows))) {
      return floats(result);
    }
  }

  private OrtSession session(String name) {
    OrtSession session = sessions.get(name);
    if (session == null) {
      throw new IllegalStateException(engine + " has no session " + name);
    }
    return session;
  }

  /** One thread, every optimisation, no spinning: as good as ONNX Runtime gets on one core. */
  private OrtSession session(byte[] model) throws OrtException {
    try (var options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OptLevel.ALL_OPT);
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      return onnx.createSession(model, options);
    }
  }

  private OnnxTensor longs(int[] values) throws OrtException {
    LongBuffer buffer = LongBuffer.allocate(values.length);
    for (int value : values) {
      buffer.put(value);
    }
    return OnnxTensor.createTensor(onnx, buffer.flip(), new long[] {values.length});
  }

  private static float[] floats(OrtSession.Result result) {
    float[] values =
        new float[Math.toIntExact(((OnnxTensor) result.get(0)).getInfo().getNumElements())];
    ((OnnxTensor) result.get(0)).getFloatBuffer().get(values);
    return values;
  }

  private static void requireEqual(float[] expected, float[] actual) {
    for (int c = 0; c < expected.length; c++) {
      if (!(Math.abs(expected[c] - actual[c]) <= 1e-3 * Math.max(1, Math.abs(expected[c])))) {
        throw new IllegalStateException(
            "candidate %d: vector gives %s, ONNX Runtime %s".formatted(c, expected[c], actual[c]));
      }
    }
  }

  private static EncodedRequest request(KernelShape model, int candidates) {
    var random = new SplittableRandom(7);
    int[] history = random.ints(model.history(), 1, KernelShape.ITEMS + 1).toArray();
    int[] rows = random.ints(candidates, 1, KernelShape.ITEMS + 1).toArray();
    return new EncodedRequest(
        history,
        new byte[history.length],
        new long[history.length],
        rows,
        Collections.nCopies(candidates, "item"),
        Map.of(),
        Map.of());
  }
}
