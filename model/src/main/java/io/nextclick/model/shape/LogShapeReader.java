// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.baseline.PositiveActions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;

/**
 * Reads the shape of a log in one pass, in the order of its times, and in less than 150 MB whatever
 * its length. Up to {@value #MOST_USERS} users, {@value #MOST_ITEMS} items and {@value #MOST_PAGES}
 * pages its figures are exact; of more, every second, fourth, ... is looked at.
 */
public final class LogShapeReader implements Consumer<Event> {

  static final int MOST_USERS = 65_536;
  static final int MOST_ITEMS = 131_072;
  static final int MOST_PAGES = 65_536;
  private static final long MOST_PAIRS = 2_097_152;
  private static final long MOST_SHOWN = 1_048_576;
  private static final int MOST_WINDOWS = 524_288;
  private static final int MOST_ATTRIBUTES = Long.SIZE;

  private final FoldSettings fold = FoldSettings.DEFAULT;
  private final PositiveActions positive = PositiveActions.of(fold);
  private final String outcome;
  private final HashSample<UserShape> users;
  private final HashSample<ItemShape> items =
      new HashSample<>(MOST_ITEMS, Long.MAX_VALUE, ItemShape::new, item -> 0);
  private final HashSample<PageShape> pages =
      new HashSample<>(MOST_PAGES, MOST_SHOWN, PageShape::new, PageShape::size);
  private final HashSample<Boolean> windows =
      new HashSample<>(MOST_WINDOWS, Long.MAX_VALUE, () -> true, window -> 0);
  private final List<String> userAttributes = new ArrayList<>();
  private final List<String> itemAttributes = new ArrayList<>();
  private final RowNumbers userIds = new RowNumbers();
  private final RowNumbers itemIds = new RowNumbers();
  private final RowNumbers eventIds = new RowNumbers();
  private final Drift drift = new Drift();

  private long events;
  private long behaviours;
  private long firstMillis = Long.MAX_VALUE;
  private long lastMillis = Long.MIN_VALUE;
  private long unitMillis;
  private long entries;
  private long impressions;
  private long impressionEntries;
  private long clicks;
  private long unasked;

  /**
   * @param outcome the action that is predicted, such as {@code click}
   */
  public LogShapeReader(String outcome) {
    this(outcome, MOST_USERS);
  }

  LogShapeReader(String outcome, int mostUsers) {
    this.outcome = outcome;
    this.users = new HashSample<>(mostUsers, MOST_PAIRS, UserShape::new, user -> user.items.size());
  }

  @Override
  public void accept(Event event) {
    events++;
    long key = Hash64.of(event.key());
    switch (event.kind()) {
      case ITEM -> {
        ItemShape item = items.of(key);
        if (item != null) {
          item.attributes |= bits(event, itemAttributes);
        }
      }
      case USER -> {
        UserShape user = users.of(key);
        if (user != null) {
          user.attributes |= bits(event, userAttributes);
        }
      }
      case ERASE -> users.remove(key);
      case BEHAVIOUR -> behaviour(event, key);
    }
  }

  private static long bits(Event event, List<String> names) {
    long bits = 0;
    for (String name : event.attributes().keySet()) {
      int bit = names.indexOf(name);
      if (bit < 0 && names.size() < MOST_ATTRIBUTES) {
        bit = names.size();
        names.add(name);
      }
      bits |= bit < 0 ? 0 : 1L << bit;
    }
    return bits;
  }

  private void behaviour(Event event, long key) {
    int action = fold.actionCode(event.action());
    if (action < 0) {
      return; // no event to the fold either
    }
    behaviours++;
    time(event.timeMillis());
    userIds.take(event.key());
    eventIds.take(event.id());
    boolean shown = action == FoldSettings.IMPRESSION;
    boolean wanted = positive.contains(action);
    boolean outcomes = event.action().equals(outcome);
    impressions += shown ? 1 : 0;
    impressionEntries += shown ? event.items().size() : 0;
    clicks += outcomes ? 1 : 0;
    unasked += outcomes && event.request() == null ? 1 : 0;
    PageShape page =
        event.request() != null && (shown || outcomes)
            ? pages.of(Hash64.chain(key, Hash64.of(event.request())))
            : null;
    UserShape user = users.of(key);
    if (user != null) {
      user.at(event.timeMillis());
    }
    for (String id : event.items()) {
      long hash = Hash64.of(id);
      itemIds.take(id);
      ItemShape item = items.of(hash);
      if (item != null) {
        item.met += shown || wanted ? 1 : 0;
        item.wanted += wanted ? 1 : 0;
      }
      if (wanted) {
        entries++;
        drift.take(hash, event.timeMillis());
      }
      if (user != null) {
        user.shown += shown ? 1 : 0;
        want(user, wanted, hash, event.timeMillis());
      }
      if (page != null) {
        pages.grew((shown ? page.shown : page.clicked).add(hash) ? 1 : 0);
      }
    }
  }

  private void want(UserShape user, boolean wanted, long item, long timeMillis) {
    if (wanted) {
      int before = user.items.size();
      long trained = user.want(item, timeMillis);
      users.grew(user.items.size() - before);
      if (trained != 0) {
        windows.of(trained);
      }
    }
  }

  private void time(long millis) {
    firstMillis = Math.min(firstMillis, millis);
    lastMillis = Math.max(lastMillis, millis);
    unitMillis = greatestCommonDivisor(unitMillis, millis);
  }

  private static long greatestCommonDivisor(long one, long other) {
    long a = one;
    long b = other;
    while (b != 0) {
      long rest = a % b;
      a = b;
      b = rest;
    }
    return a;
  }

  /** What was read so far. */
  public LogShape shape() {
    List<UserShape> active =
        users.notes().stream().filter(user -> user.firstMillis <= user.lastMillis).toList();
    List<ItemShape> used = items.notes().stream().filter(item -> item.met > 0).toList();
    LogShape.Users ofUsers = users(active);
    return new LogShape(
        new LogShape.Clock(
            events,
            behaviours,
            behaviours == 0 ? 0 : firstMillis,
            behaviours == 0 ? 0 : lastMillis,
            unitMillis),
        ofUsers,
        items(used, active),
        order(active),
        pages(),
        new LogShape.Ids(userIds.count(), itemIds.count(), eventIds.count()));
  }

  private LogShape.Users users(List<UserShape> active) {
    return new LogShape.Users(
        users.factor() * active.size(),
        users.factor(),
        quantiles(active, user -> user.wanted),
        quantiles(active, user -> user.shown),
        quantiles(active, user -> user.lastMillis - user.firstMillis),
        ratio(sum(active, user -> user.repeats), sum(active, user -> user.wanted)),
        users.factor() * active.stream().filter(user -> user.items.size() >= 3).count(),
        shares(userAttributes, active, user -> user.attributes));
  }

  private LogShape.Items items(List<ItemShape> used, List<UserShape> active) {
    long wanted = items.factor() * used.stream().filter(item -> item.wanted > 0).count();
    double pairs = sum(active, user -> user.items.size());
    return new LogShape.Items(
        items.factor() * used.size(),
        wanted,
        entries,
        wanted == 0 ? 1 : Math.max(0, 1 - pairs / ((double) active.size() * wanted)),
        drift.value(),
        ratio(used.stream().filter(item -> item.met == 1).count(), used.size()),
        ratio(used.stream().filter(item -> item.attributes != 0).count(), used.size()),
        shares(itemAttributes, used, item -> item.attributes));
  }

  private LogShape.Order order(List<UserShape> active) {
    Map<Long, Integer> digests = new HashMap<>();
    long compared = 0;
    long asked = 0;
    long seen = 0;
    for (UserShape user : active) {
      if (user.digest() != 0) {
        compared++;
        digests.merge(user.digest(), 1, Integer::sum);
        boolean inSample = windows.inSample(user.testWindow());
        asked += inSample ? 1 : 0;
        seen += inSample && windows.contains(user.testWindow()) ? 1 : 0;
      }
    }
    long duplicates = digests.values().stream().filter(count -> count > 1).mapToInt(c -> c).sum();
    long neighbours = sum(active, user -> user.neighbours);
    return new LogShape.Order(
        users.factor() * neighbours,
        ratio(sum(active, user -> user.ties), neighbours),
        users.factor() * compared,
        ratio(seen, asked),
        ratio(duplicates, compared));
  }

  private LogShape.Pages pages() {
    long count = 0;
    long shown = 0;
    long clicked = 0;
    long unmatched = 0;
    for (PageShape page : pages.notes()) {
      int common = page.clicked.common(page.shown);
      count += page.shown.size() > 0 ? 1 : 0;
      shown += page.shown.size();
      clicked += common;
      unmatched += page.clicked.size() - common;
    }
    long factor = pages.factor();
    return new LogShape.Pages(
        factor * count,
        factor * shown,
        factor * clicked,
        impressions,
        impressionEntries,
        clicks,
        unasked,
        factor * unmatched);
  }

  private static <T> Quantiles quantiles(Collection<T> of, ToLongFunction<T> value) {
    return Quantiles.of(of.stream().mapToLong(value));
  }

  private static <T> long sum(Collection<T> of, ToLongFunction<T> value) {
    return of.stream().mapToLong(value).sum();
  }

  private static double ratio(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  private static <T> Map<String, Double> shares(
      List<String> names, Collection<T> of, ToLongFunction<T> bits) {
    Map<String, Double> shares = new TreeMap<>();
    for (int bit = 0; bit < names.size(); bit++) {
      long mask = 1L << bit;
      LongStream have = of.stream().mapToLong(bits).filter(all -> (all & mask) != 0);
      shares.put(names.get(bit), ratio(have.count(), of.size()));
    }
    return shares;
  }
}
