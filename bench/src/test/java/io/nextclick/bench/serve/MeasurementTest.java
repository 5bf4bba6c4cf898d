// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.bench.serve.Measurement.Goodput;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MeasurementTest {

  private static final Effort EFFORT =
      new Effort(1, Duration.ZERO, Duration.ZERO, Duration.ofSeconds(1), 6);

  @Test
  void cap_ofAServiceThatRefusesForNothing_isAllOfThePeak() {
    assertThat(overloaded(1_000, 1e12, 5_000).cap(5)).isCloseTo(100, offset(0.01));
  }

  @Test
  void cap_whenRefusingTakesAllTime_isNothing() {
    assertThat(overloaded(1_000, 4_000, 5_000).cap(5)).isZero();
  }

  @Test
  void cap_inBetween_sharesTheTimeBetweenAnswersAndRefusals() {
    // 888.9 answers take 88.9 % of a second; 9,111.1 refusals at 1/82,000 s each the rest.
    Goodput goodput = overloaded(1_000, 82_000, 10_000);

    double good = goodput.cap(5) / 100 * 1_000;
    assertThat(good / 1_000 + (10_000 - good) / 82_000).isCloseTo(1, offset(1e-9));
    assertThat(goodput.percent(5)).isEqualTo(80);
  }

  @Test
  void measure_serviceThatKeepsTheObjectiveUpToARate_findsIt() throws Exception {
    Measurement.Result result = new Measurement(new FakeService(600, 0.1), EFFORT).measure();

    assertThat(result.capacity()).isEqualTo(1_000);
    assertThat(result.maxRate()).isBetween(600 - 1_000 / 64.0, 600.0);
    assertThat(result.atHalf().rate()).isEqualTo(500);
  }

  @Test
  void measure_generatorThatLags_isVoid() {
    Measurement measurement = new Measurement(new FakeService(600, 1.5), EFFORT);

    assertThatThrownBy(measurement::measure)
        .isInstanceOf(VoidRunException.class)
        .hasMessageContaining("1.50 ms late");
  }

  /** Answers 1,000 requests/s; above {@code keeps}, latency is above the objective. */
  private record FakeService(double keeps, double lagMillis) implements Clients {

    @Override
    public double closedLoop(int clients, Duration duration, int most) {
      return 1_000;
    }

    @Override
    public LoadResult openLoop(double rate, Duration duration) {
      double p99 = rate <= keeps ? 9.9 : 10.1;
      return new LoadResult(rate, rate, rate, 0, 0, 1, p99, p99, lagMillis);
    }
  }

  @Test
  void zipf_drawsByRank_asOftenAsItSays() {
    SplittableRandom random = new SplittableRandom(5);
    Zipf zipf = new Zipf(3); // 6/11, 3/11, 2/11
    int[] counts = new int[3];
    for (int i = 0; i < 110_000; i++) {
      counts[zipf.draw(random)]++;
    }

    assertThat(counts[0]).isCloseTo(60_000, offset(1_000));
    assertThat(counts[1]).isCloseTo(30_000, offset(1_000));
    assertThat(counts[2]).isCloseTo(20_000, offset(1_000));
  }

  @Test
  void requests_ofAShop_areWholeAndHaveDistinctCandidates() throws Exception {
    byte[][] requests = new Shop(Path.of("none"), 2).requests(100, "", false);

    assertThat(requests).hasNumberOfRows(2);
    String text = new String(requests[1], StandardCharsets.US_ASCII);
    String[] parts = text.split("\r\n\r\n", 2);
    assertThat(parts[0]).contains("Content-Length: " + parts[1].length());
    JsonNode body = new ObjectMapper().readTree(parts[1]);
    assertThat(body.path("user").textValue()).isEqualTo("u1");
    assertThat(body.path("candidates")).hasSize(100).doesNotHaveDuplicates();
  }

  private static Goodput overloaded(double peak, double refusals, double offered) {
    LoadResult result = new LoadResult(offered, offered, 0.8 * peak, 0, 0, 1, 1, 1, 0);
    return new Goodput(peak, refusals, Map.of(5, result));
  }
}
