// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.bundle.BundleWriter;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.decoder.DecoderWeights;
import io.nextclick.model.decoder.PageWeights;
import io.nextclick.model.part.Actions;
import io.nextclick.model.part.Attributes;
import io.nextclick.model.part.Context;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Activation;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.Interest;
import io.nextclick.model.part.ModelPart;
import io.nextclick.model.part.Repeats;
import io.nextclick.model.part.TimeGaps;
import io.nextclick.model.part.TokenShift;
import io.nextclick.model.part.Transitions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** A model named {@code shop} with random weights, for the items {@code i1}, {@code i2}, ... */
public final class RandomModel {

  private RandomModel() {}

  /** Publishes a version of it. */
  public static void publish(Path models, String version, int items, int seed) throws IOException {
    publish(models, version, items, seed, new Calibration.Platt(0.8, -1));
  }

  /** Publishes a version with a calibration, and parts that others have not. */
  public static void publish(
      Path models, String version, int items, int seed, Calibration calibration, ModelPart... more)
      throws IOException {
    publish(models, version, items, seed, calibration, null, more);
  }

  /** Publishes a version with a decoder. */
  public static void publishPlacing(Path models, String version, int items, int seed)
      throws IOException {
    DecoderConfig config = new DecoderConfig(items, 32, 2, 2, 16, 5);
    PageWeights weights =
        new PageWeights(
            DecoderWeights.random(config, seed),
            EncoderWeights.random(PageWeights.encoder(config(items, List.of())), seed + 1));
    Calibration calibration = new Calibration.Platt(0.8, -1);
    publish(
        models, version, items, seed, calibration, new BundleWriter.Decoder(weights, calibration));
  }

  private static void publish(
      Path models,
      String version,
      int items,
      int seed,
      Calibration calibration,
      BundleWriter.Decoder decoder,
      ModelPart... more)
      throws IOException {
    EncoderConfig config = config(items, List.of(more));
    Vocabulary vocabulary =
        new Vocabulary(IntStream.rangeClosed(1, items).mapToObj(i -> "i" + i).toList());
    BundleWriter.Label label =
        new BundleWriter.Label(
            "shop", version, FoldSettings.DEFAULT.actions(), calibration, Map.of(), Map.of());
    new BundleWriter(models)
        .publish(label, vocabulary, EncoderWeights.random(config, seed), decoder, Map.of());
  }

  private static EncoderConfig config(int items, List<ModelPart> more) {
    List<ModelPart> parts =
        new ArrayList<>(
            List.of(
                new Actions(10),
                new Attributes(32),
                new TimeGaps(16),
                new Context(64),
                new Repeats(3),
                new TokenShift(2),
                new Interest(),
                new Transitions(8, 0)));
    parts.addAll(more);
    return EncoderConfig.builder(items, Scoring.ATTEND)
        .width(32, 64)
        .layers(2, 2)
        .history(50)
        .activation(Activation.GELU)
        .parts(parts.toArray(ModelPart[]::new))
        .build();
  }

  /** The weights with random values where all are 0: what is fitted later is off without them. */
  public static EncoderWeights filled(EncoderWeights weights, int seed) {
    var random = new SplittableRandom(seed);
    Map<String, float[]> tensors = new TreeMap<>(weights.tensors());
    tensors.replaceAll((name, values) -> {
      float[] filled = values.clone();
      boolean fill = Arrays.equals(values, new float[values.length]);
      for (int i = 0; i < filled.length && fill; i++) {
        filled[i] = (float) random.nextDouble(-0.5, 0.5);
      }
      return filled;
    });
    return new EncoderWeights(weights.config(), tensors);
  }
}
