// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.DoubleNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {

  private final JsonMapper mapper = Json.mapper().build();

  private record Values(double d, Double boxed, float f, double[] array, float[] floats) {}

  @Test
  void write_finiteNumbers_areAsTheyAre() throws Exception {
    assertThat(
            mapper.writeValueAsString(
                new Values(0.1, -2.5, 0.1f, new double[] {1.5}, new float[] {0.1f})))
        .isEqualTo("{\"d\":0.1,\"boxed\":-2.5,\"f\":0.1,\"array\":[1.5],\"floats\":[0.1]}");
  }

  @Test
  void write_whatIsNotFinite_isNullWhereverItStands() throws Exception {
    for (double value : new double[] {Double.NaN, 1 / 0.0, -1 / 0.0}) {
      float single = (float) value;
      Values values =
          new Values(value, value, single, new double[] {1, value, 2}, new float[] {1, single, 2});
      assertThat(mapper.writeValueAsString(values))
          .isEqualTo(
              "{\"d\":null,\"boxed\":null,\"f\":null,\"array\":[1.0,null,2.0],\"floats\":[1.0,null,2.0]}");
      assertThat(mapper.writeValueAsString(Map.of("a", List.of(value))))
          .isEqualTo("{\"a\":[null]}");
      assertThat(mapper.writeValueAsString(DoubleNode.valueOf(value))).isEqualTo("null");
      assertThat(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(value))
          .isEqualTo("null");
      assertThat(mapper.valueToTree(values).toString()).contains("\"d\":");
    }
  }
}
