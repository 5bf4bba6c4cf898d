// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.nextclick.model.part.EncoderConfig.Scoring;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The systems of the benchmark, each in its own JVM. */
class BenchTest {

  private Bench bench;

  @BeforeEach
  void makeBench() throws Exception {
    System.setProperty("nextclick.home", Path.of("..").toAbsolutePath().normalize().toString());
    bench = Bench.make(3, Cores.split());
  }

  @AfterEach
  void deleteBench() throws Exception {
    bench.close();
    System.clearProperty("nextclick.home");
  }

  @Test
  void systems_sameModelAndRequest_giveTheSameScores() throws Exception {
    double[] expected = scores(Variant.HOT);

    assertThat(expected).hasSize(Shop.LIMIT);
    assertThat(Arrays.stream(expected).distinct().count()).isGreaterThan(1);
    for (Variant variant : new Variant[] {Variant.PLAIN_REUSE, Variant.PLAIN_FULL}) {
      assertThat(scores(variant)).as(variant.system()).containsExactly(expected, offset(1e-5));
    }
  }

  @Test
  void recipes_withTheirParts_rank() throws Exception {
    for (String recipe : Shop.RECIPES) {
      double[] scores = scores(Variant.COLD, Shop.model(recipe));
      assertThat(scores).hasSize(Shop.LIMIT);
      assertThat(Arrays.stream(scores).distinct().count()).isGreaterThan(1);
    }
  }

  @Test
  void slate_isADecodersPage() throws Exception {
    try (ServiceProcess service = bench.start(Variant.COLD, Shop.model(Shop.SLATE));
        Load load = bench.pages(service, 30, 1)) {
      assertThat(load.placed(0)).isEqualTo(Shop.PLACES);
    }
  }

  @Test
  void refusingServer_refusesEveryRequest() throws Exception {
    try (ServiceProcess server = bench.startRefusing();
        HttpConnection connection = new HttpConnection(server.port())) {
      for (byte[] request : bench.requests(5)) {
        assertThat(connection.exchange(request).status()).isEqualTo(503);
      }
    }
  }

  private double[] scores(Variant variant) throws Exception {
    return scores(variant, Shop.model(Scoring.ATTEND));
  }

  private double[] scores(Variant variant, String model) throws Exception {
    try (ServiceProcess service = bench.start(variant, model);
        Load load = bench.load(service, 30, 1)) {
      return load.scores(0);
    }
  }
}
