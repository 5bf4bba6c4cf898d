// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.decoder.ReferenceDecoder;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.part.ItemVectors;
import io.nextclick.model.pass.EncoderPass.Encoded;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import io.nextclick.model.weights.Parameters;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A decoder's derivatives against differences on either side, of its twin in double precision. */
class DecoderGradientTest {

  private static final int ITEMS = 7;
  private static final int TOKENS = 31;
  private static final int[] STARTS = {0, 12, 13, TOKENS}; // the second history is empty

  /** Pages of the three histories: items shown, and tokens that they see. */
  private static final int[][] PAGES = {{0, 3, 5}, {0, 1, 12}, {1, 4, 1}, {2, 20, 18}, {2, 2, 7}};

  private static final float STEP = 1e-3f;

  private final SplittableRandom random = new SplittableRandom(20261202);

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "vector"})
  void run_pagesOfAnyLength_derivativesAreDifferences(String kernel) {
    TrainingKernels kernels =
        kernel.equals("scalar") ? TrainingKernels.scalar() : TrainingKernels.best();
    for (int i = 0; i < 4; i++) {
      int heads = 1 + i % 2;
      check(kernels, new DecoderConfig(ITEMS, heads * (i < 2 ? 4 : 16), 1 + i / 2, heads, 9, 5));
    }
  }

  private void check(TrainingKernels kernels, DecoderConfig config) {
    Parameters parameters = Parameters.initial(config.tensors(), 0.5, random.nextLong());
    for (var entry : parameters.sizes().entrySet()) {
      float[] x = parameters.get(entry.getKey());
      for (int i = 0; i < entry.getValue(); i++) {
        x[i] += (float) (0.2 * random.nextGaussian()); // biases, norms and the head too
      }
    }
    PackedBatch batch = batch();
    var encoded =
        new Encoded(floats(TOKENS * config.dim()), random.doubles(batch.shown().count()).toArray());
    ItemVectors vectors = vectors(kernels, config.dim());
    var pass = new DecoderPass(kernels, config, parameters, parameters.get("item.embedding"));
    pass.renew();
    var gradient = new Gradient(parameters);
    float[] dStates = new float[encoded.states().length];
    float[] dLogits = new float[encoded.logits().length];
    double loss =
        pass.run(batch, encoded, vectors, new Dropout(kernels, 0, 1), gradient, dStates, dLogits);
    double expected = loss(config, parameters, batch, encoded, vectors);
    assertThat(loss).isCloseTo(expected, within(1e-4 * (1 + expected)));
    checkEncoded(config, parameters, batch, encoded, vectors, dStates, dLogits);
    for (var entry : parameters.sizes().entrySet()) {
      float[] x = parameters.get(entry.getKey());
      float[] slope = gradient.get(entry.getKey());
      for (int p = 0; p < 2; p++) {
        int place = random.nextInt(entry.getValue());
        float kept = x[place];
        x[place] = kept + STEP;
        double above = loss(config, parameters, batch, encoded, vectors);
        float step = x[place] - kept;
        x[place] = kept - step;
        double below = loss(config, parameters, batch, encoded, vectors);
        double width = (double) kept + step - x[place];
        x[place] = kept;
        assertThat((double) slope[place])
            .as("%s[%d] of %s", entry.getKey(), place, config)
            .isCloseTo((above - below) / width, within(1e-3 + 2e-3 * Math.abs(slope[place])));
      }
    }
  }

  /** Of what the encoder says: a state's value and a logit. */
  private void checkEncoded(
      DecoderConfig config,
      Parameters parameters,
      PackedBatch batch,
      Encoded encoded,
      ItemVectors vectors,
      float[] dStates,
      float[] dLogits) {
    for (int p = 0; p < 10; p++) {
      int place = random.nextInt(TOKENS * config.dim());
      float kept = encoded.states()[place];
      encoded.states()[place] = kept + STEP;
      double above = loss(config, parameters, batch, encoded, vectors);
      encoded.states()[place] = kept - STEP;
      double below = loss(config, parameters, batch, encoded, vectors);
      encoded.states()[place] = kept;
      assertThat((double) dStates[place])
          .as("state %d of %s", place, config)
          .isCloseTo((above - below) / (2 * STEP), within(2e-3 + 2e-3 * Math.abs(dStates[place])));
      int c = random.nextInt(dLogits.length);
      double logit = encoded.logits()[c];
      encoded.logits()[c] = logit + STEP;
      above = loss(config, parameters, batch, encoded, vectors);
      encoded.logits()[c] = logit - STEP;
      below = loss(config, parameters, batch, encoded, vectors);
      encoded.logits()[c] = logit;
      assertThat((double) dLogits[c])
          .as("logit %d of %s", c, config)
          .isCloseTo((above - below) / (2 * STEP), within(1e-3 + 2e-3 * Math.abs(dLogits[c])));
    }
  }

  private double loss(
      DecoderConfig config,
      Parameters parameters,
      PackedBatch batch,
      Encoded encoded,
      ItemVectors vectors) {
    var reference = new ReferenceDecoder(config, parameters::get);
    Shown shown = batch.shown();
    double loss = 0;
    for (int c = 0; c < shown.count(); ) {
      int length = 1;
      while (c + length < shown.count() && shown.place()[c + length] > 0) {
        length++;
      }
      if (shown.place()[c] == 0) {
        double[] added =
            reference.page(
                outputs(batch, encoded, c, config.dim()),
                rows(parameters, vectors, batch, c, length, config),
                Arrays.copyOfRange(encoded.logits(), c, c + length));
        for (int i = 0; i < length; i++) {
          double s = encoded.logits()[c + i] + added[i];
          double cross = Math.log1p(Math.exp(s)) - shown.labels()[c + i] * s;
          loss += shown.weights()[c + i] * cross;
        }
      }
      c += length;
    }
    return loss;
  }

  private static double[][] outputs(PackedBatch batch, Encoded encoded, int c, int dim) {
    int start = batch.start()[batch.shown().sequence()[c]];
    boolean empty = batch.items()[start] == PackedBatch.START;
    double[][] outputs = new double[empty ? 0 : batch.shown().visibleLength()[c]][dim];
    for (int t = 0; t < outputs.length; t++) {
      for (int d = 0; d < dim; d++) {
        outputs[t][d] = encoded.states()[(start + t) * dim + d];
      }
    }
    return outputs;
  }

  /** The decoder's own vectors of items, and the encoder's of what it is to see as new. */
  private static double[][] rows(
      Parameters parameters,
      ItemVectors encoder,
      PackedBatch batch,
      int c,
      int length,
      DecoderConfig config) {
    double[][] rows = new double[length][config.dim()];
    for (int i = 0; i < length; i++) {
      int row = batch.shown().items()[c + i];
      boolean unknown = batch.unknown()[batch.tokens() + c + i];
      float[] table = unknown ? encoder.vectors() : parameters.get("item.embedding");
      for (int d = 0; d < config.dim(); d++) {
        rows[i][d] = table[(unknown ? 0 : row) * config.dim() + d];
      }
    }
    return rows;
  }

  private ItemVectors vectors(TrainingKernels kernels, int dim) {
    EncoderConfig encoder =
        EncoderConfig.builder(ITEMS, Scoring.DOT).width(dim, 4).layers(1, 1).history(4).build();
    Parameters parameters = Parameters.initial(encoder.tensors(), 1, random.nextLong());
    ItemTable nothing = ItemTable.of(encoder.parts(), ITEMS);
    ItemVectors vectors = SharedWeights.of(kernels, encoder, parameters, nothing).items();
    vectors.renewAll();
    return vectors;
  }

  private PackedBatch batch() {
    int unplaced = 2; // shown without a request, between two pages
    int count = unplaced + Arrays.stream(PAGES).mapToInt(page -> page[1]).sum();
    Shown shown = Shown.of(count);
    int c = 0;
    for (int p = 0; p < PAGES.length; p++) {
      for (int i = 0; i < PAGES[p][1]; i++) {
        fill(shown, c, PAGES[p]);
        shown.place()[c++] = i;
      }
      for (int i = 0; p == 0 && i < unplaced; i++) {
        fill(shown, c++, PAGES[p]);
      }
    }
    boolean[] unknown = new boolean[TOKENS + count];
    for (c = 0; c < count; c += 3) {
      unknown[TOKENS + c] = true;
    }
    int[] items = new int[TOKENS];
    Arrays.fill(items, 1);
    items[STARTS[1]] = PackedBatch.START;
    return new PackedBatch(
        STARTS,
        items,
        unknown,
        new byte[TOKENS],
        new int[TOKENS],
        new int[TOKENS],
        new int[TOKENS],
        new int[TOKENS],
        null,
        shown);
  }

  private void fill(Shown shown, int c, int[] page) {
    shown.items()[c] = 1 + random.nextInt(ITEMS);
    shown.sequence()[c] = page[0];
    shown.visibleLength()[c] = page[2];
    shown.labels()[c] = random.nextInt(2);
    shown.weights()[c] = 1 + random.nextInt(2);
  }

  private float[] floats(int length) {
    float[] values = new float[length + TrainingKernels.SLACK];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
