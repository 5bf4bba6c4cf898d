// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.pass.Dropout;
import io.nextclick.model.pass.EncoderPass;
import io.nextclick.model.pass.SharedWeights;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import io.nextclick.model.weights.Parameters;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Users without a history are learnt from as they are asked about. */
class EmptyHistoryTest {

  private static final int ITEM = 3;

  @ParameterizedTest
  @EnumSource
  void impression_withoutAHistory_isLearntWithTheScoreThatServingGives(Scoring scoring) {
    EncoderConfig config =
        EncoderConfig.builder(5, scoring).width(8, 16).layers(2, 2).history(10).build();
    EncoderWeights weights = EncoderWeights.random(config, 7);
    TrainingKernels kernels = TrainingKernels.scalar();
    var parameters = Parameters.of(config.tensors(), weights.tensors());
    var shared =
        SharedWeights.of(kernels, config, parameters, ItemTable.of(config.parts(), config.items()));
    shared.renew();
    Shown shown = Shown.of(1);
    shown.items()[0] = ITEM;
    shown.weights()[0] = 1;
    shown.context()[0] = new int[0];
    shown.newest()[0] = -1;
    shown.previous()[0] = -1;
    var blind = new Example(new int[0], new byte[0], new long[0], new int[0], Example.NONE, shown);
    PackedBatch batch = Example.pack(List.of(blind), config, 0, new SplittableRandom(1));
    double loss =
        new EncoderPass(kernels, shared, null)
            .run(batch, 1, new Dropout(kernels, 0, 1), new Gradient(parameters))
            .click();

    var vocabulary = new Vocabulary(List.of("a", "b", "c", "d", "e"));
    var request =
        EncodedRequest.of(
            vocabulary, UserSequence.EMPTY, 10, List.of(vocabulary.id(ITEM)), Map.of());
    float[] scores =
        new EncoderScorer("m", vocabulary, weights, Kernels.scalar(), null).score(request);
    assertThat(loss).isCloseTo(Math.log1p(Math.exp(scores[0])), within(1e-5));
  }
}
