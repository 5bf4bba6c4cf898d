// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl;
import io.nextclick.model.encoder.EncoderCases;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Reads what we write with another parser of ONNX. */
class OnnxGraphsTest {

  static IntStream seeds() {
    return IntStream.range(1, 21);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void write_everyGraph_isWellFormedForASecondParser(int seed) throws Exception {
    EncoderConfig config = new EncoderCases(seed).config();
    EncoderWeights weights = EncoderWeights.random(config, seed);
    for (byte[] bytes :
        List.of(
            OnnxGraphs.encode(weights),
            OnnxGraphs.score(weights),
            OnnxGraphs.joint(weights),
            OnnxGraphs.fullSequence(weights))) {
      OnnxMl.ModelProto model = OnnxMl.ModelProto.parseFrom(bytes);
      assertThat(model.getUnknownFields().asMap()).isEmpty();
      assertThat(model.toByteArray()).hasSameSizeAs(bytes);
      assertThat(model.getIrVersion()).isEqualTo(9);
      assertThat(model.getOpsetImportList()).hasSize(1);
      assertThat(model.getOpsetImport(0).getVersion()).isEqualTo(20);
      assertThat(model.getOpsetImport(0).getDomain()).isEmpty();
      assertNodesReadWhatIsThere(model.getGraph());
      assertInitializersFillTheirShapes(model.getGraph(), weights);
    }
  }

  private static void assertNodesReadWhatIsThere(OnnxMl.GraphProto graph) {
    Set<String> known = new HashSet<>();
    graph.getInputList().forEach(input -> assertThat(known.add(input.getName())).isTrue());
    graph.getInitializerList().forEach(tensor -> assertThat(known.add(tensor.getName())).isTrue());
    Set<String> used = new HashSet<>();
    for (OnnxMl.NodeProto node : graph.getNodeList()) {
      assertThat(known).containsAll(node.getInputList());
      used.addAll(node.getInputList());
      node.getOutputList().forEach(output -> assertThat(known.add(output)).isTrue());
    }
    graph.getOutputList().forEach(output -> used.add(output.getName()));
    assertThat(used).as("every value is read by somebody").isEqualTo(known);
  }

  private static void assertInitializersFillTheirShapes(
      OnnxMl.GraphProto graph, EncoderWeights weights) {
    for (OnnxMl.TensorProto tensor : graph.getInitializerList()) {
      long count = tensor.getDimsList().stream().reduce(1L, Math::multiplyExact);
      int width = tensor.getDataType() == OnnxMl.TensorProto.DataType.FLOAT.getNumber() ? 4 : 8;
      assertThat(tensor.getRawData().size()).isEqualTo(width * count);
      if (tensor.getName().equals("item.embedding")) {
        float[] values = new float[(int) count];
        tensor
            .getRawData()
            .asReadOnlyByteBuffer()
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer()
            .get(values);
        assertThat(values).isEqualTo(weights.get("item.embedding"));
      }
    }
  }
}
