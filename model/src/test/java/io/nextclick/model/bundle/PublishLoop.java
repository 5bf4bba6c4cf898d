// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.encoder.EncoderCases;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import java.nio.file.Path;

/** Publishes one version after the other until it is killed. */
final class PublishLoop {

  private PublishLoop() {}

  /**
   * @param args the directory of all models, the first version's number
   */
  public static void main(String[] args) throws Exception {
    EncoderConfig config =
        EncoderConfig.builder(EncoderCases.ITEMS, Scoring.DOT)
            .width(128, 512)
            .layers(4, 4)
            .history(100)
            .build();
    EncoderWeights weights = EncoderWeights.random(config, 1);
    BundleWriter writer = new BundleWriter(Path.of(args[0]));
    for (int version = Integer.parseInt(args[1]); ; version++) {
      writer.publish(
          ModelBundleTest.label("v" + version, new Calibration.Identity()),
          EncoderCases.vocabulary(),
          weights);
      System.out.println("v" + version);
    }
  }
}
