// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.nextclick.features.Fixtures;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.weights.Parameters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A checkpoint of training that commit 982c725 wrote; its layout is that of every commit before. It
 * belongs to a run of the same settings and the same program: only the bytes are promised, and that
 * another run refuses it in words.
 *
 * <p>Its weights are those of the bundle transitions-dot, the means of the gradients half of them,
 * the means of the squares their squares, the averages a quarter, the best weights an eighth.
 */
class OldCheckpointTest {

  private static final String IDENTITY = "settings of a fixture";

  @TempDir private Path directory;

  private EncoderWeights weights;
  private Parameters parameters;
  private Parameters average;
  private Optimizer optimizer;
  private final TrainingState state = new TrainingState();

  @BeforeEach
  void unpack() throws IOException {
    Fixtures.unpack("bundles/982c725.zip.gz", directory);
    weights =
        Objects.requireNonNull(
            ModelBundle.open(directory.resolve("transitions-dot/982c725")).weights());
    parameters = Parameters.initial(weights.config().tensors(), 1, 1);
    average = Parameters.initial(weights.config().tensors(), 1, 2);
    var settings = new Optimizer.Settings(0.001, 0.9, 0.98, 1e-8, 0, 0, 0, 0);
    optimizer = new Optimizer(TrainingKernels.scalar(), settings, parameters, 100);
    try (var in = new GZIPInputStream(Fixtures.open("training/checkpoint-982c725.gz"))) {
      Files.copy(in, directory.resolve("checkpoint"));
    }
  }

  @Test
  void restore_ofAnOldCheckpoint_isWhereItWas() throws Exception {
    checkpoint(IDENTITY).restore(parameters, optimizer, average, state);

    assertThat(optimizer.step()).isEqualTo(17);
    assertThat(state.batch).isEqualTo(3);
    assertThat(state.nextItem).isEqualTo(2.25);
    assertThat(state.click).isEqualTo(0.5);
    assertThat(state.targets).isEqualTo(9);
    assertThat(state.shown).isEqualTo(2.5);
    assertThat(state.history).containsExactly(new Epoch(1, 0.5, 0.5, 0.625));
    assertThat(state.best.keySet()).containsExactlyElementsOf(weights.tensors().keySet());
    weights
        .tensors()
        .forEach((name, x) -> {
          Optimizer.Moments moments = optimizer.moments(name);
          assertThat(Arrays.copyOf(parameters.get(name), x.length)).as(name).isEqualTo(x);
          for (int i = 0; i < x.length; i++) {
            assertThat(moments.mean()[i]).as(name).isEqualTo(x[i] / 2);
            assertThat(moments.square()[i]).as(name).isEqualTo(x[i] * x[i]);
            assertThat(average.get(name)[i]).as(name).isEqualTo(x[i] / 4);
            assertThat(state.best.get(name)[i]).as(name).isEqualTo(x[i] / 8);
          }
        });
  }

  @Test
  void save_whatWasRestored_writesTheSameBytes() throws Exception {
    byte[] before = Files.readAllBytes(directory.resolve("checkpoint"));
    Checkpoint checkpoint = checkpoint(IDENTITY);
    checkpoint.restore(parameters, optimizer, average, state);

    checkpoint.save(parameters, optimizer, average, state);

    assertThat(directory.resolve("checkpoint")).hasBinaryContent(before);
  }

  @Test
  void restore_byAnotherRun_isRefusedInWords() {
    assertThatIOException()
        .isThrownBy(
            () -> checkpoint("other settings").restore(parameters, optimizer, average, state))
        .withMessageContaining("it is of other settings, data or program")
        .withMessageContaining("remove it to start anew");
  }

  private Checkpoint checkpoint(String identity) {
    return new Checkpoint(directory.resolve("checkpoint"), identity, 0);
  }
}
