// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.Parameters;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OptimizerTest {

  private static final String FROM = "transition.from";
  private static final int WIDTH = 5;

  @Test
  void step_transitionDecay_shrinksTheTouchedRowsOfTheFactorsAlone() {
    EncoderConfig config =
        Recipe.preset("clicks")
            .with(
                Map.of(
                    "transitions",
                    "" + WIDTH,
                    "transitions.weightDecay",
                    "0.2",
                    "dim",
                    "8",
                    "requestBlock",
                    "off"))
            .config(9, 4, ItemTable.NONE);
    TrainingKernels kernels = TrainingKernels.scalar();
    Parameters parameters = Parameters.initial(config.tensors(), 0.1, 1);
    float[] from = parameters.get(FROM).clone();
    float[] items = parameters.get("item.embedding").clone();
    var gradient = new Gradient(parameters);
    gradient.row(FROM, 2);
    gradient.row("item.embedding", 2);
    var settings = new Optimizer.Settings(0.5, 0.9, 0.999, 1e-8, 0, 0, 0, 0);

    new Optimizer(kernels, settings, parameters, 10).step(gradient, 1);

    for (int i = 0; i < 10 * WIDTH; i++) {
      double kept = i / WIDTH == 2 ? 1 - 0.5 * 0.2 : 1;
      assertThat((double) parameters.get(FROM)[i]).isCloseTo(kept * from[i], within(1e-7));
    }
    assertThat(parameters.get("item.embedding")).isEqualTo(items);
  }
}
