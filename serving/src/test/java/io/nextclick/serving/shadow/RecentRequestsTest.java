// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shadow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.rank.RankingFixture;
import io.nextclick.serving.rank.RankingLimits;
import io.nextclick.serving.rank.RankingService;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RecentRequestsTest {

  private final RankingFixture fixture = new RankingFixture();
  private final RecentRequests recent = new RecentRequests(fixture.store.items(), 2);
  private final RankingService service =
      fixture.service(new RankingLimits(100, 100, 20, 1_000, Set.of()), recent);

  @Test
  void warmUp_keepsTheNewestOnly() {
    LoadedModel model = RankingFixture.scorer("model", Map.of("a", 1f));
    assertThat(recent.warmUp(model)).isZero();

    for (String user : new String[] {"u1", "u2", "u3"}) {
      service.rank(RankingFixture.candidates(user, "a", "b"), RankingFixture.soon());
    }

    assertThat(recent.warmUp(model)).isEqualTo(2);
  }

  @Test
  void forget_requestsOfAUser_areNotKept() {
    LoadedModel model = RankingFixture.scorer("model", Map.of("a", 1f));
    for (String user : new String[] {"u1", "u2"}) {
      service.rank(RankingFixture.candidates(user, "a", "b"), RankingFixture.soon());
    }

    recent.forget(Set.of("u2", "u9"));

    assertThat(recent.warmUp(model)).isEqualTo(1);
  }

  @Test
  void answered_noneAreKept_remembersNothing() {
    RecentRequests none = new RecentRequests(fixture.store.items(), 0);
    RankingService quiet = fixture.service(new RankingLimits(100, 100, 20, 1_000, Set.of()), none);

    quiet.rank(RankingFixture.candidates("u1", "a"), RankingFixture.soon());

    assertThat(none.warmUp(RankingFixture.scorer("model", Map.of("a", 1f)))).isZero();
  }

  @Test
  void warmUp_modelThatFailsOnARealRequest_isRefused() {
    service.rank(RankingFixture.candidates("u1", "a"), RankingFixture.soon());

    assertThatThrownBy(() -> recent.warmUp(RankingFixture.scorer("model", Map.of("a", Float.NaN))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cannot answer a recent request: planted");
    assertThatThrownBy(() ->
            recent.warmUp(RankingFixture.scorer("model", Map.of("a", Float.POSITIVE_INFINITY))))
        .hasMessageContaining("a score is Infinity");
  }
}
