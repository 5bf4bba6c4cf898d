// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.slate;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.slate.Slate;
import io.nextclick.model.slate.SlateBuilder;
import io.nextclick.serving.shop.ShopEvent;
import io.nextclick.serving.shop.ShopSettings;
import io.nextclick.serving.shop.SyntheticShop;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class HeldOutPagesTest {

  private static final TimeSplit SPLIT =
      new TimeSplit(LocalDate.of(2026, 10, 24), LocalDate.of(2026, 10, 28), ZoneOffset.UTC);

  private final SyntheticShop shop =
      new SyntheticShop(ShopSettings.DEFAULT.withUsers(80).withListEffects());

  @Test
  void draw_requests_areOfDifferentUsersInTheTest_withTheTruthOfTheirMoment() {
    Set<String> available =
        shop.items().filter(Event::available).map(Event::key).collect(Collectors.toSet());
    List<PageRequest> drawn = new HeldOutPages(shop, SPLIT, 100, 7).draw(25);
    assertThat(drawn).hasSize(25);
    Set<String> users = new HashSet<>();
    for (PageRequest request : drawn) {
      assertThat(users.add(request.shown().user())).isTrue();
      assertThat(SPLIT.part(request.shown())).isEqualTo(TimeSplit.Part.TEST);
      assertThat(request.candidates()).hasSize(100).doesNotHaveDuplicates();
      assertThat(available).containsAll(request.candidates());
      List<String> items = request.shown().items();
      assertThat(
              Slate.of(
                      request.truth().empty(items),
                      SlateBuilder.clicks(10),
                      new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
                  .probabilities())
          .isEqualTo(known(request.shown().event()));
    }
    List<PageRequest> again = new HeldOutPages(shop, SPLIT, 100, 7).draw(25);
    assertThat(again.stream().map(PageRequest::candidates))
        .containsExactlyElementsOf(drawn.stream().map(PageRequest::candidates).toList());
  }

  private double[] known(Event page) {
    return shop.user(Integer.parseInt(page.key().substring(1))).stream()
        .filter(made -> made.event().id().equals(page.id()))
        .map(ShopEvent::clickProbabilities)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void distance_isThePartOfPairsOfDifferentCategories() {
    Map<String, String> categories = Map.of("a", "x", "b", "x", "c", "y");
    assertThat(PricedPages.distance(List.of("a", "b", "c"), categories)).isEqualTo(2.0 / 3);
    assertThat(PricedPages.distance(List.of("a", "b"), categories)).isZero();
    assertThat(PricedPages.distance(List.of("a"), categories)).isZero();
  }
}
