// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shop;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.sequence.FoldSettings;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SyntheticShopTest {

  private static final ShopSettings SMALL = ShopSettings.DEFAULT.withUsers(300);

  private final SyntheticShop shop = new SyntheticShop(SMALL);

  @Test
  void events_sameSeed_sameEvents() {
    List<Event> again = new SyntheticShop(SMALL).events().toList();
    assertThat(shop.events().toList()).isEqualTo(again);
    assertThat(new SyntheticShop(SMALL.withSeed(7)).events().toList()).isNotEqualTo(again);
  }

  @Test
  void events_withoutListEffects_areTheBytesOfBefore() throws NoSuchAlgorithmException {
    var hash = MessageDigest.getInstance("SHA-256");
    var before = new SyntheticShop(ShopSettings.DEFAULT.withUsers(100));
    before.items().forEach(event -> hash.update(EventJson.encode(event)));
    for (int u = 0; u < 100; u++) {
      for (ShopEvent made : before.user(u)) {
        hash.update(EventJson.encode(made.event()));
        for (double p : made.clickProbabilities()) {
          // as floats: the last bit of an exponential is the processor's
          hash.update(ByteBuffer.allocate(Float.BYTES).putFloat((float) p).array());
        }
      }
    }
    assertThat(HexFormat.of().formatHex(hash.digest()))
        .isEqualTo("ae204c910d06e1fdd2b8044d22de7ea138022453e2ad971003e1963a1e00ee4c");
  }

  @Test
  void events_moreUsers_changeNobody() {
    var larger = new SyntheticShop(SMALL.withUsers(1_000_000));
    assertThat(larger.user(299).stream().map(ShopEvent::event))
        .containsExactlyElementsOf(shop.user(299).stream().map(ShopEvent::event).toList());
    assertThat(larger.user(999_999)).isNotEmpty();
    assertThat(larger.events().limit(10_000)).hasSize(10_000);
  }

  @Test
  void events_all_areValidAndHaveIdsOfTheirOwn() {
    Set<String> ids = new HashSet<>();
    shop.events()
        .forEach(event -> {
          assertThat(EventJson.decode(EventJson.encode(event))).isEqualTo(event);
          assertThat(ids.add(event.id())).as(event.id()).isTrue();
          assertThat(FoldSettings.DEFAULT.actionCode(event.action()) >= 0)
              .isEqualTo(event.kind() == Event.Kind.BEHAVIOUR);
        });
  }

  @Test
  void items_all_haveNamesOfTheirOwn() {
    List<Event> items = shop.items().toList();
    assertThat(items).hasSize(SMALL.items());
    assertThat(items.stream().map(e -> e.attributes().get("title")).distinct())
        .hasSize(SMALL.items());
    assertThat(items.stream().map(e -> e.attributes().get("category")).distinct()).hasSize(12);
    assertThat(items).anyMatch(item -> !item.available());
  }

  @Test
  void user_everyClick_answersAnImpressionThatShowedTheItem() {
    Set<String> unavailable =
        shop.items().filter(e -> !e.available()).map(Event::key).collect(toSet());
    int clicks = 0;
    for (int u = 0; u < SMALL.users(); u++) {
      Map<String, Set<String>> shown = new HashMap<>();
      long time = 0;
      for (ShopEvent made : shop.user(u)) {
        Event event = made.event();
        assertThat(event.timeMillis()).isGreaterThanOrEqualTo(time);
        time = event.timeMillis();
        if (event.action().equals("impression")) {
          assertThat(event.items()).hasSize(10).doesNotHaveDuplicates();
          assertThat(event.items()).doesNotContainAnyElementsOf(unavailable);
          shown.put(event.request(), Set.copyOf(event.items()));
        } else if (event.kind() == Event.Kind.BEHAVIOUR) {
          clicks++;
          assertThat(shown.get(event.request())).contains(event.items().getFirst());
        }
      }
    }
    assertThat(clicks).isGreaterThan(1_000);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void user_clickProbabilities_areTrue(boolean listEffects) {
    var any = listEffects ? new SyntheticShop(SMALL.withListEffects()) : shop;
    double expected = 0;
    double variance = 0;
    int observed = 0;
    for (int u = 0; u < SMALL.users(); u++) {
      for (ShopEvent made : any.user(u)) {
        observed += made.event().action().equals("click") ? 1 : 0;
        for (double p : made.clickProbabilities()) {
          expected += p;
          variance += p * (1 - p);
        }
      }
    }
    assertThat(Math.abs(observed - expected)).isLessThan(4 * Math.sqrt(variance));
  }

  @Test
  void user_clicks_growFewerDownThePage() {
    long[] clicks = new long[10];
    users()
        .forEach(made -> {
          if (made.event().action().equals("click")) {
            String id = made.event().id();
            clicks[id.charAt(id.length() - 2) - '0']++;
          }
        });
    assertThat(clicks[0]).isGreaterThan((long) (1.4 * clicks[9]));
  }

  @Test
  void user_afterAClick_wantsMoreOfThatCategory() {
    Map<String, String> categories = new HashMap<>();
    shop.items().forEach(e -> categories.put(e.key(), category(e)));
    double[] sums = new double[2]; // of the click probability: other categories, the same one
    int[] shown = new int[2];
    for (int u = 0; u < SMALL.users(); u++) {
      String last = "";
      for (ShopEvent made : shop.user(u)) {
        Event event = made.event();
        if (event.action().equals("click")) {
          last = categories.getOrDefault(event.items().getFirst(), "");
        } else if (event.action().equals("impression") && !last.isEmpty()) {
          for (int i = 0; i < event.items().size(); i++) {
            int same = last.equals(categories.get(event.items().get(i))) ? 1 : 0;
            sums[same] += made.clickProbabilities()[i];
            shown[same]++;
          }
        }
      }
    }
    assertThat(sums[1] / shown[1]).isGreaterThan(1.2 * sums[0] / shown[0]);
  }

  private static String category(Event item) {
    return requireNonNull(item.attributes().get("category")).getFirst();
  }

  @Test
  void user_purchases_areFew() {
    Map<String, List<ShopEvent>> byAction =
        users().collect(groupingBy(made -> made.event().action()));
    int clicks = byAction.getOrDefault("click", List.of()).size();
    assertThat(byAction.getOrDefault("purchase", List.of()).size())
        .isBetween(clicks / 40, clicks / 8);
    assertThat(byAction.get("user")).hasSize(SMALL.users());
  }

  @Test
  void user_outOfRange_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> shop.user(300))
        .withMessage("user=300, users=300");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SMALL.withUsers(0))
        .withMessageContaining("users=0");
  }

  private Stream<ShopEvent> users() {
    return IntStream.range(0, SMALL.users()).boxed().flatMap(u -> shop.user(u).stream());
  }
}
