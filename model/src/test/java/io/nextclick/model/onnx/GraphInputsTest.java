// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.encode.Column;
import io.nextclick.model.encoder.EncoderCases;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A part reads the columns that it says it reads: those, and no others, are inputs of a graph. */
class GraphInputsTest {

  @Test
  void joint_ofAnyParts_hasTheirColumnsAsInputs() {
    for (int seed = 1; seed <= 40; seed++) {
      EncoderConfig config = new EncoderCases(seed).config();
      Set<Column> columns = EnumSet.of(Column.HISTORY_ITEMS, Column.CANDIDATES);
      config.parts().all().forEach(part -> columns.addAll(part.reads()));
      byte[] graph = OnnxGraphs.joint(EncoderWeights.random(config, seed));
      assertThat(OnnxInspection.of(graph, Integer.MAX_VALUE).inputs().keySet())
          .as("%s", config)
          .isEqualTo(columns.stream().map(Column::input).collect(Collectors.toSet()));
    }
  }
}
