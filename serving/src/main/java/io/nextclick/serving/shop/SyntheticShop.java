// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shop;

import io.nextclick.features.event.Event;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A made-up shop: named items, users whose tastes drift, visits, pages of ten items, clicks and
 * purchases, with the true click probability of every item shown, and of every page that could have
 * been shown.
 *
 * <p>Events come user by user, each user's in time order, and each user is made from the seed and
 * the user's number alone: memory does not grow with the number of users, and any user can be made
 * again by itself.
 */
public final class SyntheticShop {

  private final ShopSettings settings;
  private final ShopCatalog catalog;
  private final ListEffects effects;

  public SyntheticShop(ShopSettings settings) {
    this.settings = settings;
    this.catalog = new ShopCatalog(settings);
    this.effects = ListEffects.of(settings);
  }

  /** What this shop was made from. */
  public ShopSettings settings() {
    return settings;
  }

  /** One {@code item} event per item, in order of their numbers. */
  public Stream<Event> items() {
    return IntStream.range(0, catalog.size())
        .mapToObj(item -> catalog.describe(item, settings.startMillis()));
  }

  /** Everything that user {@code number} did, oldest first, beginning with a {@code user} event. */
  public List<ShopEvent> user(int number) {
    return visitor(number, (request, truth) -> {}).events();
  }

  /**
   * The truth at every page that user {@code number} was shown, by the page's request, oldest
   * first: how likely a click would have been on any other page.
   */
  public Map<String, PageTruth> truths(int number) {
    Map<String, PageTruth> truths = new LinkedHashMap<>();
    var _ = visitor(number, (request, truth) -> truths.put(request, truth.copy())).events();
    return truths;
  }

  private ShopVisitor visitor(int number, BiConsumer<String, PageTruth> watcher) {
    if (number < 0 || number >= settings.users()) {
      throw new IllegalArgumentException("user=" + number + ", users=" + settings.users());
    }
    return new ShopVisitor(settings, catalog, effects, number, watcher);
  }

  /** The whole log: the items, then user by user. Made while it is read. */
  public Stream<Event> events() {
    Stream<Event> behaviour =
        IntStream.range(0, settings.users())
            .boxed()
            .flatMap(number -> user(number).stream().map(ShopEvent::event));
    return Stream.concat(items(), behaviour);
  }
}
