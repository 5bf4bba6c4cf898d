// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

import io.nextclick.features.event.Event;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.shop.ShopEvent;
import io.nextclick.serving.shop.ShopSettings;
import io.nextclick.serving.shop.SyntheticShop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The synthetic shop of the demo: what goes into the log, and the pages that are held out. */
final class DemoShop {

  private static final int HELD_OUT_USERS = 500;

  /**
   * The last page of a user, kept out of the log.
   *
   * @param clicked (items,) what the user clicked on
   * @param oracle (items,) the true click probabilities
   */
  record HeldOut(String user, List<String> items, boolean[] clicked, double[] oracle) {}

  private final SyntheticShop shop;
  private final List<HeldOut> heldOut = new ArrayList<>();
  private final List<Event> events = new ArrayList<>();
  private String longest = "";
  private int longestLength;

  DemoShop(long seed) {
    shop = new SyntheticShop(ShopSettings.DEFAULT.withSeed(seed).withListEffects());
    shop.items().forEach(events::add);
    for (int number = 0; number < users(); number++) {
      List<ShopEvent> user = shop.user(number);
      if (number < HELD_OUT_USERS) {
        user = holdOut(user);
      }
      user.forEach(event -> events.add(event.event()));
      if (user.size() > longestLength) {
        longestLength = user.size();
        longest = String.valueOf(user.getFirst().event().user());
      }
    }
  }

  int users() {
    return shop.settings().users();
  }

  int items() {
    return shop.settings().items();
  }

  /** After everything that happened in the shop. */
  long endMillis() {
    ShopSettings settings = shop.settings();
    return settings.startMillis() + Duration.ofDays(settings.days() + 7L).toMillis();
  }

  List<HeldOut> heldOut() {
    return heldOut;
  }

  /** The user with the most events: worth looking at. */
  String longestUser() {
    return longest;
  }

  /**
   * Sends everything but the held-out pages, and waits for the acknowledgements.
   *
   * @return number of events
   */
  int publish(EventPublisher publisher) throws CommandFailed {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    for (Event event : events()) {
      send(publisher, event, failure);
      if (failure.get() != null) {
        break;
      }
    }
    publisher.flush();
    Throwable cause = failure.get();
    if (cause != null) {
      throw new CommandFailed("the broker did not take the events: " + cause.getMessage(), cause);
    }
    return events().size();
  }

  /** Everything but the held-out pages: the items, then user by user. */
  List<Event> events() {
    return events;
  }

  private static void send(
      EventPublisher publisher, Event event, AtomicReference<@Nullable Throwable> failure) {
    var _ =
        publisher
            .publish(event)
            .whenComplete((published, error) -> {
              if (error != null) {
                failure.compareAndSet(null, error);
              }
            });
  }

  /** Keeps the last page, and what came of it, for the evaluation; returns what was before. */
  private List<ShopEvent> holdOut(List<ShopEvent> events) {
    int last = events.size() - 1;
    while (last > 0 && events.get(last).clickProbabilities().length == 0) {
      last--;
    }
    Event page = events.get(last).event();
    if (last == 0) {
      return events;
    }
    Set<String> clicks = new HashSet<>();
    for (ShopEvent after : events.subList(last + 1, events.size())) {
      if (after.event().action().equals("click")) {
        clicks.addAll(after.event().items());
      }
    }
    boolean[] clicked = new boolean[page.items().size()];
    for (int i = 0; i < clicked.length; i++) {
      clicked[i] = clicks.contains(page.items().get(i));
    }
    heldOut.add(
        new HeldOut(page.key(), page.items(), clicked, events.get(last).clickProbabilities()));
    return events.subList(0, last);
  }
}
