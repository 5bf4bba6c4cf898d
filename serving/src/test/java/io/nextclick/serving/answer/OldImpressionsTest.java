// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Impressions that earlier versions wrote; they lie with the other old stores. */
class OldImpressionsTest {

  private static final long START = 1_767_225_600_000L;
  private static final Duration WINDOW = Duration.ofMinutes(30);

  @TempDir private Path directory;

  /** Lists that waited for their clicks, before clicks had an index, before they had users, now. */
  @ParameterizedTest
  @ValueSource(strings = {"impressions-32c693f", "impressions-4751535", "impressions-982c725"})
  void settle_listsOfThen_countsTheirClicks(String name) throws Exception {
    try (ImpressionStore store =
        ImpressionStore.open(unpacked(name), 100, WINDOW, Duration.ofSeconds(10), START + 80_000)) {
      assertThat(store.sums()).isEqualTo(Map.of("shop/v1", new ClickSums(2, 1, 0.75)));
      assertThat(store.waiting()).isEqualTo(2);
      assertThat(store.clicks()).isEqualTo(3);

      assertThat(store.settle(START + 120_000)).isEqualTo(2);

      assertThat(store.sums())
          .isEqualTo(
              Map.of(
                  "shop/v1", new ClickSums(5, 2, 1.625),
                  "shop/v2", new ClickSums(1, 0, 0.75)));
      assertThat(store.waiting()).isZero();
    }
  }

  private Path unpacked(String name) throws IOException {
    Fixtures.unpack("stores/" + name + ".zip.gz", directory);
    return directory.resolve(name);
  }
}
