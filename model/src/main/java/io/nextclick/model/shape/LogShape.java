// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

import io.nextclick.features.event.Event;
import java.util.Map;

/**
 * What an event log looks like: the figures that settings are chosen by, and that tell what is
 * wrong with it. {@link LogShapeReader} reads them in one pass.
 *
 * @param clock its times
 * @param users who is in it, and how much of each
 * @param items what is in it
 * @param order what its order is worth
 * @param pages what was shown, and clicked
 * @param ids whether its ids are mere numbers of rows
 */
public record LogShape(Clock clock, Users users, Items items, Order order, Pages pages, Ids ids) {

  /**
   * Times of what users did and were shown.
   *
   * @param events of any kind
   * @param behaviours of these, what users did and were shown
   * @param firstMillis of behaviours; 0 without any, as {@code lastMillis}
   * @param unitMillis what every time is a multiple of, such as 1,000 where the clock counts
   *     seconds
   */
  public record Clock(
      long events, long behaviours, long firstMillis, long lastMillis, long unitMillis) {}

  /**
   * Users who did or were shown something. What is wanted has another action than {@code
   * impression} or {@code dislike}.
   *
   * @param count of them
   * @param everyNth 1 if all of them were looked at, 2 if every second one, ...
   * @param wanted entries wanted, of a user
   * @param shown entries shown, of a user
   * @param spanMillis from a user's first to the last event
   * @param repeats share of the entries wanted whose item the same user had wanted before
   * @param targets users with three items or more: what leave-one-out is validated on
   * @param attributes name to the share of the users who have it
   */
  public record Users(
      long count,
      long everyNth,
      Quantiles wanted,
      Quantiles shown,
      Quantiles spanMillis,
      double repeats,
      long targets,
      Map<String, Double> attributes) {}

  /**
   * Items that were wanted or shown.
   *
   * @param count of them
   * @param wanted those that anybody wanted
   * @param entries wanted, of all users
   * @param sparsity share of the pairs of a user and a wanted item that the log does not have
   * @param drift how far what is wanted changes from the first half to the second: 0 not at all, 1
   *     wholly
   * @param once share of the items that were wanted or shown a single time
   * @param described share of the items of which an attribute is known
   * @param attributes name to the share of the items that have it
   */
  public record Items(
      long count,
      long wanted,
      long entries,
      double sparsity,
      double drift,
      double once,
      double described,
      Map<String, Double> attributes) {}

  /**
   * What the order of events tells.
   *
   * @param neighbours entries of a user behind one of another item
   * @param ties share of these that have the time of the one before
   * @param compared users with five items or more, whose histories are compared with others'
   * @param seenTargets share of these whose last item stands behind the same four in the training
   *     part of another user
   * @param duplicateUsers share of these whose items are those of another user, in the same order
   */
  public record Order(
      long neighbours, double ties, long compared, double seenTargets, double duplicateUsers) {}

  /**
   * What was shown with a request id.
   *
   * @param count requests that showed something
   * @param shown items shown by them
   * @param clicked of these, those with the outcome
   * @param impressions events that are impressions, with a request or without
   * @param entries items of these
   * @param clicks events with the outcome
   * @param unasked of these, those that name no request
   * @param unmatched items with the outcome whose request did not show them
   */
  public record Pages(
      long count,
      long shown,
      long clicked,
      long impressions,
      long entries,
      long clicks,
      long unasked,
      long unmatched) {

    /** Items shown at once. */
    public double perPage() {
      return count == 0 ? 0 : (double) shown / count;
    }

    /** Share of the shown items that have the outcome. */
    public double clickRate() {
      return shown == 0 ? 0 : (double) clicked / shown;
    }
  }

  /**
   * How many ids are 1, 2, 3, ... in the order in which they first come up; 0 if not all of them
   * are.
   */
  public record Ids(long users, long items, long events) {}

  /**
   * The shape of a log.
   *
   * @param log in the order of its times
   * @param outcome the action that is predicted, such as {@code click}
   */
  public static LogShape of(Iterable<Event> log, String outcome) {
    var reader = new LogShapeReader(outcome);
    log.forEach(reader);
    return reader.shape();
  }
}
