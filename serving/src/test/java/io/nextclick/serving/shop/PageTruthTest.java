// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shop;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.features.event.Event;
import io.nextclick.model.slate.BoundedPrefix;
import io.nextclick.model.slate.Slate;
import io.nextclick.model.slate.SlateBuilder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PageTruthTest {

  private static final int USERS = 60;
  private static final ShopSettings SETTINGS =
      ShopSettings.DEFAULT.withUsers(USERS).withListEffects();

  private final SyntheticShop shop = new SyntheticShop(SETTINGS);
  private final ListEffects effects = ListEffects.of(SETTINGS);

  @Test
  void truths_everyPageShown_isPricedAsItsEventSays() {
    int pages = 0;
    for (SyntheticShop any :
        List.of(shop, new SyntheticShop(ShopSettings.DEFAULT.withUsers(USERS)))) {
      for (int user = 0; user < USERS; user++) {
        Map<String, PageTruth> truths = any.truths(user);
        for (ShopEvent made : any.user(user)) {
          if (made.event().action().equals("impression")) {
            pages++;
            assertThat(truthOf(truths, made.event())).isEqualTo(made.clickProbabilities());
          }
        }
      }
    }
    assertThat(pages).isGreaterThan(2_000);
  }

  private static double[] truthOf(Map<String, PageTruth> truths, Event page) {
    PageTruth truth = requireNonNull(truths.get(page.request()));
    int size = page.items().size();
    return Slate.of(
            truth.empty(page.items()),
            SlateBuilder.clicks(size),
            IntStream.range(0, size).toArray())
        .probabilities();
  }

  @Test
  void page_sameCategoryBefore_fades_andItsPartnerLifts() {
    PageTruth truth = anyTruth(0);
    int category = 3;
    int partner = effects.partner(category);
    int other = partner == 5 ? 6 : 5;
    // items 24 on are the third of each category
    double alone = second(truth, other, category + 24);
    double faded = second(truth, category, category + 24);
    double lifted = second(truth, partner, category + 24);
    assertThat(logit(faded)).isCloseTo(logit(alone) - 0.7, within(1e-9));
    assertThat(logit(lifted)).isCloseTo(logit(alone) + 0.8, within(1e-9));
  }

  /** How likely the second item is wanted, after the first. */
  private static double second(PageTruth truth, int first, int item) {
    BoundedPrefix prefix = truth.empty(List.of("i" + first, "i" + item)).then(0);
    double[] into = new double[2];
    prefix.probabilities(into);
    return into[1] / prefix.attention(1);
  }

  private static double logit(double p) {
    return Math.log(p / (1 - p));
  }

  @Test
  void pairs_everyCategory_hasOnePartner_byTheSeed() {
    for (int category = 0; category < 12; category++) {
      assertThat(effects.partner(category)).isNotEqualTo(category);
      assertThat(effects.partner(effects.partner(category))).isEqualTo(category);
    }
    ListEffects others = ListEffects.of(SETTINGS.withSeed(7));
    assertThat(IntStream.range(0, 12).map(others::partner).toArray())
        .isNotEqualTo(IntStream.range(0, 12).map(effects::partner).toArray());
  }

  @Test
  void most_whateverIsPlaced_isNeverPassed() {
    var random = new Random(3);
    double[] most = new double[40];
    double[] later = new double[40];
    double over = -1;
    for (int run = 0; run < 20; run++) {
      BoundedPrefix prefix = anyTruth(run).empty(someItems(random, 40));
      for (int place = 0; place < 8; place++) {
        assertThat(prefix.attention(place + 1)).isLessThanOrEqualTo(prefix.attention(place));
        prefix.most(most);
        BoundedPrefix longer = prefix;
        for (int more = place; more < 12; more++) {
          longer.probabilities(later);
          for (int item = 12; item < 40; item++) { // those before are placed
            over = Math.max(over, later[item] - longer.attention(more) * most[item]);
          }
          longer = longer.then(more);
        }
        prefix = prefix.then(place);
      }
    }
    assertThat(over).isLessThanOrEqualTo(0);
  }

  private List<String> someItems(Random random, int number) {
    List<String> items = new ArrayList<>(shop.items().map(Event::key).toList());
    Collections.shuffle(items, random);
    return items.subList(0, number);
  }

  private PageTruth anyTruth(int user) {
    return List.copyOf(shop.truths(user).values()).getLast();
  }

  @Test
  void empty_unknownItem_isRefused() {
    PageTruth truth = anyTruth(0);
    for (String bad : List.of("i600", "i-1", "i01", "x", "", "12")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> truth.empty(List.of("i0", bad)))
          .withMessage("no item of this shop: %s; its items are i0 to i599", bad);
    }
  }
}
