// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What calls of operators left for the next start, as earlier versions wrote it. */
class OldRoutingFileTest {

  private static final RoutingPlan CONFIGURED = new RoutingPlan(Map.of("shop/v1", 1), List.of());

  @TempDir private Path directory;

  /** As e27329f and 982c725 wrote it. */
  @Test
  void routed_planOfThen_countsOn() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("routing.json"),
            "{\"configured\":{\"arms\":{\"shop/v1\":1},\"shadows\":[]},\"routed\":{\"arms\":{\"shop/v1\":9,\"shop\":1},\"shadows\":[\"other/v2\"]}}");
    RoutingPlan routed = new RoutingFile(file, CONFIGURED).routed();
    assertThat(routed)
        .isEqualTo(new RoutingPlan(Map.of("shop/v1", 9, "shop", 1), List.of("other/v2")));
    new RoutingFile(directory.resolve("again.json"), CONFIGURED).keep(routed);
    assertThat(directory.resolve("again.json")).hasSameTextualContentAs(file);
  }
}
