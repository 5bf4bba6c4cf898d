// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shop;

import io.nextclick.features.event.Event;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;

/** One user of the shop: tastes, visits, pages, clicks. */
final class ShopVisitor {

  /*
   * How a click comes about.
   *
   *   P(click) = P(looked at, by position) * sigmoid(what the item is worth to the user now)
   *
   * The worth is the item's appeal, the user's taste for its category, whether its price fits, and
   * what the user clicked last:
   *
   *   after one click in a category, more of it is wanted;
   *   after two in a row, the category that goes with it, and in it the complements of the last
   *   item;
   *   what was clicked before is not wanted again.
   *
   * With list effects, so does what stands before the item on its page: see ListEffects.
   *
   * The taste is what the user has declared, and a habit: the share of the category in the clicks
   * of earlier visits, older visits counting less, so that tastes drift with what is clicked.
   *
   * So the next click depends on the pair of last clicks, which a count of single steps sees only
   * in part, and on the habit, which only a longer history shows. But it depends on nothing that
   * the log does not tell: a model that falls short of the true probabilities falls short of what
   * could be known.
   */

  static final int PAGE = 10;

  private static final int INTERESTS = 3; // categories that a user declares
  private static final double PURCHASE = 0.06; // of clicks
  private static final double GONE_AFTER_PAGE = 0.22;

  private static final String[] COUNTRIES = {"de", "fr", "pl", "se", "it"};
  private static final String[] DEVICES = {"phone", "desktop", "tablet"};

  private final ShopSettings settings;
  private final ShopCatalog catalog;
  private final String user;
  private final SplittableRandom random;
  private final Set<Integer> interests = new LinkedHashSet<>(); // categories
  private final int budget; // the price band that fits
  private final String device;
  private final UserState state;
  private final PageTruth truth; // of the state as it is
  private final BiConsumer<String, PageTruth> watcher;
  private final List<ShopEvent> events = new ArrayList<>();
  private int pages;

  /**
   * @param watcher told the request of each page, and what the user was when it was shown: valid
   *     until the next click
   */
  ShopVisitor(
      ShopSettings settings,
      ShopCatalog catalog,
      ListEffects effects,
      int number,
      BiConsumer<String, PageTruth> watcher) {
    this.settings = settings;
    this.watcher = watcher;
    this.catalog = catalog;
    this.user = "u" + number;
    // Mixed by a draw: streams from neighbouring seeds would be the same one, shifted.
    long base = new SplittableRandom(settings.seed()).nextLong();
    this.random = new SplittableRandom(new SplittableRandom(base + number).nextLong());
    while (interests.size() < INTERESTS) {
      interests.add(random.nextInt(ShopCatalog.CATEGORIES));
    }
    this.budget = random.nextInt(4);
    this.device = DEVICES[random.nextInt(DEVICES.length)];
    this.state = new UserState(catalog, interests, budget);
    this.truth = new PageTruth(catalog, effects, state);
  }

  List<ShopEvent> events() {
    Map<String, List<String>> attributes =
        Map.of(
            "country", List.of(COUNTRIES[random.nextInt(COUNTRIES.length)]),
            "device", List.of(device),
            "budget", List.of("p" + budget),
            "interests", interests.stream().map(ShopCatalog::categoryName).toList());
    emit(
        new Event(
            user + "-0",
            Event.USER,
            user,
            List.of(),
            settings.startMillis(),
            null,
            Map.of(),
            attributes,
            true));
    int visits = 1 + random.nextInt(2 * settings.sessions() - 1);
    long dayMillis = 86_400_000L;
    long[] starts = random.longs(visits, 0, settings.days() * dayMillis).sorted().toArray();
    long time = settings.startMillis();
    for (long start : starts) {
      time = Math.max(time + 60_000, settings.startMillis() + start);
      time = visit(time);
    }
    return events;
  }

  /** One visit; returns its last event time. */
  private long visit(long start) {
    long time = start;
    state.visit();
    do {
      time = page(time) + 4_000 + random.nextInt(30_000);
    } while (random.nextDouble() >= GONE_AFTER_PAGE);
    return time;
  }

  /** Shows one page and lets the user click on it; returns its last event time. */
  private long page(long shown) {
    String request = user + "-r" + pages++;
    int[] items = choose();
    watcher.accept(request, truth);
    double[] probabilities = truth.page(items);
    List<String> ids = new ArrayList<>(items.length);
    for (int item : items) {
      ids.add(ShopCatalog.id(item));
    }
    Event impression =
        new Event(
            request + "-i",
            "impression",
            user,
            ids,
            shown,
            request,
            Map.of("surface", "home", "device", device),
            Map.of(),
            true);
    events.add(new ShopEvent(impression, probabilities));
    // Drawn before anything is clicked, so that the probabilities above stay true.
    boolean[] clicks = new boolean[items.length];
    for (int position = 0; position < items.length; position++) {
      clicks[position] = random.nextDouble() < probabilities[position];
    }
    long time = shown;
    for (int position = 0; position < items.length; position++) {
      if (clicks[position]) {
        time += 1_000 + random.nextInt(20_000);
        time = click(items[position], request + "-" + position, request, time);
      }
    }
    return time;
  }

  private long click(int item, String id, String request, long time) {
    emit(act(id + "c", "click", item, time, request));
    state.click(item);
    if (random.nextDouble() >= PURCHASE) {
      return time;
    }
    emit(act(id + "k", "cart", item, time + 5_000, request));
    emit(act(id + "p", "purchase", item, time + 30_000, request));
    return time + 30_000;
  }

  /** The page: what goes with the last click, what people like, and a few at random. */
  private int[] choose() {
    Set<Integer> page = new LinkedHashSet<>();
    while (page.size() < PAGE) {
      int item = candidate(page.size());
      if (catalog.available(item)) {
        page.add(item);
      }
    }
    int[] items = page.stream().mapToInt(Integer::intValue).toArray();
    for (int i = items.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = items[i];
      items[i] = items[j];
      items[j] = swap;
    }
    return items;
  }

  private int candidate(int place) {
    double u = random.nextDouble();
    int last = state.last();
    if (last < 0) {
      return u < 0.5 ? catalog.popular(random) : random.nextInt(catalog.size());
    }
    if (place < 3 && u < 0.9) {
      return catalog.complement(last, random.nextInt(ShopCatalog.COMPLEMENTS));
    }
    int category = catalog.category(last);
    return u < 0.35
        ? catalog.anyOf(random, category)
        : u < 0.6
            ? catalog.anyOf(random, ShopCatalog.complementCategory(category))
            : u < 0.8 ? catalog.popular(random) : random.nextInt(catalog.size());
  }

  private Event act(String id, String action, int item, long time, String request) {
    return new Event(
        id, action, user, List.of(ShopCatalog.id(item)), time, request, Map.of(), Map.of(), true);
  }

  private void emit(Event event) {
    events.add(ShopEvent.of(event));
  }
}
