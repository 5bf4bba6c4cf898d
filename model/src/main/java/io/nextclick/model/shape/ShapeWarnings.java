// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

import io.nextclick.model.shape.LogShape.Order;
import io.nextclick.model.shape.LogShape.Pages;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What in the shape of a log makes figures wrong or a model useless, each in a sentence: what was
 * seen, why it matters, what to do.
 */
public final class ShapeWarnings {

  /** From here on it is most of the neighbours. */
  private static final double MOST = 0.5;

  private static final double NEARLY_ALL = 0.9;

  /** Of histories, or of test targets, that stand in the log twice. */
  private static final double MANY_TWICE = 0.05;

  /** With fewer of something its share says little. */
  private static final long FEW = 20;

  /** Targets with which a hit rate of one half is known to five hundredths. */
  private static final long ENOUGH_TARGETS = 400;

  /** Clicks with which an AUC of one half is known to six hundredths. */
  private static final long ENOUGH_CLICKS = 100;

  /** The share of a log that is validated on where nobody says otherwise. */
  private static final double HELD_OUT = 0.2;

  private static final double TWO_SIDED_95 = 1.96;

  /** Half of all that a metric from 0 to 1 can be. */
  private static final double UNKNOWN = 0.5;

  private static final long DAY_MILLIS = 86_400_000;
  private static final long SECOND_MILLIS = 1_000;
  private static final String FLOOR =
      "take the rankers that need no training (popularity, markov), or collect more";

  private final LogShape shape;
  private final List<String> warnings = new ArrayList<>();

  private ShapeWarnings(LogShape shape) {
    this.shape = shape;
  }

  /** The warnings about a log, the gravest first; none about a sound one. */
  public static List<String> of(LogShape shape) {
    return new ShapeWarnings(shape).all();
  }

  private List<String> all() {
    if (shape.clock().behaviours() == 0) {
      warnings.add(
          "No user does anything in this log: there is nothing to learn from; check that its events"
              + " name actions such as click");
      return warnings;
    }
    ids();
    alone();
    clicks();
    kinds();
    ties();
    twice();
    validation();
    return warnings;
  }

  private void ids() {
    long users = shape.ids().users();
    if (users > 0) {
      warnings.add(
          String.format(
              Locale.ROOT,
              users == shape.clock().behaviours()
                  ? "Each of the %,d events has a user of its own, 1, 2, 3, ...: that is the number"
                      + " of a row and no user, so nobody has a history; name the column of the"
                      + " users"
                  : "The %,d users are the numbers 1, 2, 3, ... in the order in which they come up:"
                      + " an export has counted them, and the next one gives the same numbers to"
                      + " others; export the ids that your service will ask with",
              users));
    }
    long items = shape.ids().items();
    if (items > 0) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "The %,d items are the numbers 1, 2, 3, ... in the order in which they come up: an"
                  + " export has counted them, and a model knows them under no other name; export"
                  + " the ids that your service will ask with",
              items));
    }
    long events = shape.ids().events();
    if (events > 0) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "The ids of the %,d events are 1, 2, 3, ...: those of the next export are the same,"
                  + " and the service takes its events for repeats of these; give each event an id"
                  + " of its own",
              events));
    }
  }

  private void clicks() {
    Pages pages = shape.pages();
    long asked = pages.clicks() - pages.unasked();
    if (pages.impressions() == 0) {
      if (asked > 0) {
        warnings.add(
            String.format(
                Locale.ROOT,
                "%,d clicks name the request that they answer, but the log has no impression:"
                    + " without what was shown and left, no click probability can be learnt; add"
                    + " the impressions, with the same requests",
                asked));
      }
    } else if (pages.count() == 0) {
      if (asked == 0 && pages.entries() == pages.impressions()) {
        return; // items that were seen and left, one by one, such as low ratings: no pages
      }
      warnings.add(
          String.format(
              Locale.ROOT,
              "None of the %,d impressions names a request: nobody knows which click answers which,"
                  + " so clicks cannot be learnt (train takes next-item); write a request id into"
                  + " both",
              pages.impressions()));
    } else if (pages.unasked() + pages.unmatched() > MOST * pages.clicks()) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%,d of %,d clicks belong to no impression (%,d name no request, the request of %,d"
                  + " did not show the item): they count as if nobody had clicked; log impressions"
                  + " and clicks with the same user, request and item",
              pages.unasked() + pages.unmatched(),
              pages.clicks(),
              pages.unasked(),
              pages.unmatched()));
    }
  }

  /** Who or what is alone in the log, or never comes back. */
  private void alone() {
    if (shape.users().count() == 1) {
      warnings.add(
          "The log has one user: what one person does says nothing of others, and no figure of it"
              + " has an interval; check which column is the user");
    } else if (shape.users().wanted().p90() <= 1
        && shape.users().wanted().most() > 0
        && shape.users().count() >= FEW) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "Nine in ten of the %,d users wanted one item at most: nobody has a history that a"
                  + " model could read; check which column is the user, or %s",
              shape.users().count(),
              FLOOR));
    }
    if (shape.items().count() == 1) {
      warnings.add(
          "The log has one item: there is nothing to choose between; add what else was to be had,"
              + " or check which column is the item");
    } else if (shape.items().once() > NEARLY_ALL && shape.items().count() >= FEW) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%.1f %% of the %,d items come up a single time: what is learnt of one is never asked"
                  + " again; check which column is the item, or take what its copies share (a"
                  + " product, not an offer)",
              100 * shape.items().once(),
              shape.items().count()));
    }
  }

  private void kinds() {
    Pages pages = shape.pages();
    if (pages.shown() > 0 && (pages.clicked() == 0 || pages.clicked() == pages.shown())) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%s of the %,d items shown were clicked: a model of clicks needs both kinds, and"
                  + " train refuses the log; log every impression and every click, give another"
                  + " --outcome, or train with --preset=next-item",
              pages.clicked() == 0 ? "None" : "All",
              pages.shown()));
    }
  }

  private void ties() {
    Order order = shape.order();
    if (order.neighbours() >= FEW && order.ties() > MOST) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%.1f %% of the %,d neighbours in a user's history have the same time%s: their order"
                  + " is an artefact of the export, and what follows what cannot be learnt from it"
                  + " (it is drawn at random); export times as they were taken, to the millisecond",
              100 * order.ties(),
              order.neighbours(),
              unit()));
    }
  }

  private String unit() {
    long unit = shape.clock().unitMillis();
    return unit > 0 && unit % DAY_MILLIS == 0
        ? " (the clock counts days)"
        : unit > 0 && unit % SECOND_MILLIS == 0 ? " (the clock counts whole seconds)" : "";
  }

  private void twice() {
    Order order = shape.order();
    if (order.compared() >= FEW && order.duplicateUsers() > MANY_TWICE) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%.1f %% of the %,d users with five items or more have exactly the history of"
                  + " another: they are counted as often as they were copied, so intervals are too"
                  + " narrow and figures those of the copied; leave one of each",
              100 * order.duplicateUsers(),
              order.compared()));
    }
    if (order.compared() >= FEW && order.seenTargets() > MANY_TWICE) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%.1f %% of the test targets, with the four items before them, stand in the training"
                  + " part of another user: a model that knows them by heart looks good, and is"
                  + " not; leave out users and histories that are copies of others",
              100 * order.seenTargets()));
    }
  }

  private void validation() {
    Pages pages = shape.pages();
    long targets = shape.users().targets();
    double rarer = HELD_OUT * Math.min(pages.clicked(), pages.shown() - pages.clicked());
    double others = HELD_OUT * pages.shown() - rarer;
    if (pages.shown() > 0 && rarer > 0 && rarer < ENOUGH_CLICKS) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "A fifth of the log, held out for validation, has about %.0f %s among %.0f items"
                  + " shown: an AUC is known to %.2f at best, which is more than models differ by;"
                  + " %s",
              rarer,
              pages.clickRate() < MOST ? "clicks" : "that were not clicked",
              rarer + others,
              Math.min(
                  UNKNOWN, TWO_SIDED_95 * Math.sqrt((rarer + others + 1) / (12 * rarer * others))),
              FLOOR));
    }
    if (pages.shown() == 0 && targets < ENOUGH_TARGETS && shape.users().count() > 1) {
      warnings.add(
          String.format(
              Locale.ROOT,
              targets == 0
                  ? "None of the %,d users has three different items, so there is nobody to hold a"
                      + " test out of, and train refuses the log; %s"
                  : "Of %,d users %,d have three different items, and one target each: a hit rate"
                      + " is known to %.2f at best, which is more than models differ by; %s",
              targets == 0
                  ? new Object[] {shape.users().count(), FLOOR}
                  : new Object[] {
                    shape.users().count(),
                    targets,
                    Math.min(UNKNOWN, TWO_SIDED_95 / 2 / Math.sqrt((double) targets)),
                    FLOOR
                  }));
    }
  }
}
