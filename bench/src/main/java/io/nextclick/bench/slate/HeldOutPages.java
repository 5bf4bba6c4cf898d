// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.slate;

import static java.util.Objects.requireNonNull;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.data.Impression;
import io.nextclick.model.data.Impressions;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.serving.shop.SyntheticShop;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Draws requests from the test part of a shop's log: one of each user, until there are enough. */
final class HeldOutPages {

  private final SyntheticShop shop;
  private final TimeSplit split;
  private final int candidates;
  private final List<String> items; // that can be shown
  private final SplittableRandom random;
  private final List<PageRequest> drawn = new ArrayList<>();

  /**
   * @param candidates of each request, drawn from all items that can be shown
   */
  HeldOutPages(SyntheticShop shop, TimeSplit split, int candidates, long seed) {
    this.shop = shop;
    this.split = split;
    this.candidates = candidates;
    items = shop.items().filter(Event::available).map(Event::key).toList();
    random = new SplittableRandom(seed);
  }

  /**
   * The requests of the first users that have any.
   *
   * @param most requests, and so users
   */
  List<PageRequest> draw(int most) {
    // Nobody asks what was clicked: one event is read ahead.
    var impressions =
        new Impressions(shop.events().iterator(), FoldSettings.DEFAULT, Impressions.CLICK, 1);
    List<Impression> ofUser = new ArrayList<>();
    while (drawn.size() < most && impressions.hasNext()) {
      Impression shown = impressions.next();
      if (split.part(shown) != TimeSplit.Part.TEST) {
        continue;
      }
      if (!ofUser.isEmpty() && !ofUser.getFirst().user().equals(shown.user())) {
        add(ofUser, impressions);
        ofUser.clear();
      }
      ofUser.add(shown);
    }
    if (drawn.size() < most && !ofUser.isEmpty()) {
      add(ofUser, impressions);
    }
    return drawn;
  }

  private void add(List<Impression> ofUser, Impressions log) {
    Impression shown = ofUser.get(random.nextInt(ofUser.size()));
    int number = Integer.parseInt(shown.user().substring(1)); // the shop's users are u0, u1, ...
    drawn.add(
        new PageRequest(
            shown,
            log.items(),
            someItems(),
            requireNonNull(shop.truths(number).get(shown.event().request()))));
  }

  private List<String> someItems() {
    List<String> left = new ArrayList<>(items);
    List<String> some = new ArrayList<>(candidates);
    while (some.size() < candidates) {
      int at = random.nextInt(left.size());
      some.add(left.get(at));
      left.set(at, left.getLast());
      left.removeLast();
    }
    return some;
  }
}
