// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.model.encoder.EncoderCases;
import io.nextclick.model.graph.ProtoWriter;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxInspectionTest {

  private static final long MAX_BYTES = 1 << 20;
  private static final EncoderConfig CONFIG =
      EncoderConfig.builder(EncoderCases.ITEMS, EncoderConfig.Scoring.ATTEND)
          .width(8, 8)
          .layers(1, 2)
          .history(4)
          .build();

  @Test
  void of_ourGraph_namesInputsAndOutputs() {
    OnnxInspection inspection = OnnxInspection.of(joint(), MAX_BYTES);
    assertThat(inspection.inputs())
        .isEqualTo(Map.of("history_items", "int64[1]", "candidates", "int64[1]"));
    assertThat(inspection.outputs()).isEqualTo(Map.of("logits", "float[1]"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../etc/passwd", "/etc/passwd", "weights.bin", ""})
  void of_tensorInAnotherFile_isRefused(String location) {
    ProtoWriter entry = new ProtoWriter().text(1, "location").text(2, location);
    ProtoWriter tensor = new ProtoWriter().text(8, "w").message(13, entry).number(14, 1);
    assertRefused(graph(new ProtoWriter().message(5, tensor)), "a tensor lies in another file");
    ProtoWriter flagOnly = new ProtoWriter().text(8, "w").number(14, 1);
    assertRefused(graph(new ProtoWriter().message(5, flagOnly)), "a tensor lies in another file");
  }

  @Test
  void of_outsideTensorInAConstant_isRefused() {
    ProtoWriter tensor = new ProtoWriter().number(14, 1);
    ProtoWriter node = node("", new ProtoWriter().text(1, "value").message(5, tensor));
    assertRefused(graph(new ProtoWriter().message(1, node)), "a tensor lies in another file");
  }

  @Test
  void of_outsideTensorInASubgraph_isRefused() {
    ProtoWriter tensor = new ProtoWriter().number(14, 1);
    ProtoWriter inner = new ProtoWriter().message(5, tensor);
    ProtoWriter node = node("", new ProtoWriter().text(1, "body").message(6, inner));
    assertRefused(graph(new ProtoWriter().message(1, node)), "a tensor lies in another file");
  }

  @Test
  void of_subgraphsWithoutEnd_areRefused() {
    ProtoWriter graph = new ProtoWriter().text(2, "innermost");
    for (int depth = 0; depth < 2_000; depth++) {
      graph = new ProtoWriter().message(1, node("", new ProtoWriter().message(6, graph)));
    }
    assertRefused(graph(graph), "graphs lie deeper than 8");
  }

  @Test
  void of_customDomain_isRefused() {
    ProtoWriter node = node("com.evil\n", new ProtoWriter().text(1, "a"));
    assertRefused(graph(new ProtoWriter().message(1, node)), "operators of domain com.evil?;");
  }

  @Test
  void of_domainThatNoNodeUses_isNoReason() {
    byte[] joint = joint();
    byte[] habit =
        new ProtoWriter()
            .message(8, new ProtoWriter().text(1, "com.microsoft").number(2, 1))
            .message(8, new ProtoWriter().text(1, "ai.onnx.ml").number(2, 3))
            .toByteArray();
    byte[] model = Arrays.copyOf(joint, joint.length + habit.length);
    System.arraycopy(habit, 0, model, joint.length, habit.length);

    assertThat(OnnxInspection.of(model, MAX_BYTES).inputs()).containsKey("history_items");
  }

  @Test
  void of_inputs_tellTypeAndFixedLength() {
    ProtoWriter graph =
        new ProtoWriter()
            .message(11, value("history_items", 6, new ProtoWriter().number(1, 50)))
            .message(11, value("candidates", 7, new ProtoWriter().text(2, "any")))
            .message(12, value("logits", 10, new ProtoWriter().number(1, 2)));
    OnnxInspection inspection = OnnxInspection.of(graph(graph), MAX_BYTES);

    assertThat(inspection.inputs())
        .isEqualTo(Map.of("history_items", "int32[1]", "candidates", "int64[1]"));
    assertThat(inspection.outputs()).isEqualTo(Map.of("logits", "float16[1]"));
    assertThat(inspection.fixedInputs()).isEqualTo(Map.of("history_items", 50L));
  }

  private static ProtoWriter value(String name, int element, ProtoWriter dimension) {
    ProtoWriter shape = new ProtoWriter().message(1, dimension);
    ProtoWriter type = new ProtoWriter().number(1, element).message(2, shape);
    return new ProtoWriter().text(1, name).message(2, new ProtoWriter().message(1, type));
  }

  @Test
  void of_functionsTrainingAndSparseTensors_areRefused() {
    assertRefused(new ProtoWriter().message(25, new ProtoWriter()).toByteArray(), "functions");
    assertRefused(new ProtoWriter().message(20, new ProtoWriter()).toByteArray(), "training");
    assertRefused(graph(new ProtoWriter().message(15, new ProtoWriter())), "sparse tensor");
    ProtoWriter node = node("", new ProtoWriter().message(22, new ProtoWriter()));
    assertRefused(graph(new ProtoWriter().message(1, node)), "sparse tensor");
  }

  @Test
  void of_moreTensorBytesThanAllowed_isRefused() {
    assertThatThrownBy(() -> OnnxInspection.of(joint(), 1_000))
        .hasMessageContaining("its tensors take more than 1000 bytes");
  }

  @Test
  void of_noGraph_isRefused() {
    assertRefused(new byte[0], "no graph");
  }

  @Test
  void of_everyTruncation_isRefusedOrWhole() {
    byte[] model = joint();
    for (int length = 0; length < model.length; length++) {
      inspect("length=" + length, Arrays.copyOf(model, length));
    }
  }

  @Test
  void of_mutants_endInAnAnswerOrARefusal() {
    long seed = 7;
    SplittableRandom random = new SplittableRandom(seed);
    byte[] model = joint();
    for (int i = 0; i < 20_000; i++) {
      byte[] mutant = model.clone();
      for (int flips = random.nextInt(4); flips >= 0; flips--) {
        mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(256);
      }
      inspect("seed=%d, mutant=%d".formatted(seed, i), mutant);
    }
  }

  private static void inspect(String which, byte[] model) {
    try {
      OnnxInspection.of(model, MAX_BYTES);
    } catch (IllegalArgumentException declared) {
      assertThat(declared).hasMessageContaining("offset=");
    } catch (RuntimeException | Error e) {
      throw new AssertionError(which, e);
    }
  }

  private static byte[] joint() {
    return OnnxGraphs.joint(EncoderWeights.random(CONFIG, 1));
  }

  private static ProtoWriter node(String domain, ProtoWriter attribute) {
    return new ProtoWriter().text(4, "Constant").message(5, attribute).text(7, domain);
  }

  private static byte[] graph(ProtoWriter graph) {
    return new ProtoWriter().number(1, 9).message(7, graph).toByteArray();
  }

  private static void assertRefused(byte[] model, String reason) {
    assertThatThrownBy(() -> OnnxInspection.of(model, MAX_BYTES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }
}
