// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.bundle.BundleWriter;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.encoder.EncoderConfig;
import io.nextclick.model.encoder.EncoderConfig.Activation;
import io.nextclick.model.encoder.EncoderConfig.Anchor;
import io.nextclick.model.encoder.EncoderConfig.Norm;
import io.nextclick.model.encoder.EncoderConfig.Positions;
import io.nextclick.model.encoder.EncoderConfig.Scoring;
import io.nextclick.model.encoder.EncoderWeights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;

/** A model named {@code shop} with random weights, for the items {@code i1}, {@code i2}, ... */
public final class RandomModel {

  private RandomModel() {}

  /** Publishes a version of it. */
  public static void publish(Path models, String version, int items, int seed) throws IOException {
    publish(models, version, items, seed, new Calibration.Platt(0.8, -1));
  }

  /** Publishes a version with a calibration. */
  public static void publish(
      Path models, String version, int items, int seed, Calibration calibration)
      throws IOException {
    EncoderConfig config =
        new EncoderConfig(
            items,
            32,
            2,
            2,
            64,
            50,
            Activation.GELU,
            Norm.PRE,
            Positions.LEARNED,
            Anchor.END,
            true,
            false,
            1e-6f,
            true,
            10,
            32,
            16,
            64,
            3,
            2,
            0,
            true,
            8,
            Scoring.ATTEND);
    Vocabulary vocabulary =
        new Vocabulary(IntStream.rangeClosed(1, items).mapToObj(i -> "i" + i).toList());
    BundleWriter.Label label =
        new BundleWriter.Label(
            "shop", version, FoldSettings.DEFAULT.actions(), calibration, Map.of(), Map.of());
    new BundleWriter(models).publish(label, vocabulary, EncoderWeights.random(config, seed));
  }
}
