// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One action at one time.
 *
 * <p>{@link EventJson} gives the JSON form and checks every limit; an instance built by hand is not
 * checked again.
 *
 * @param id unique id, 1 to 128 bytes of printable UTF-8; a repeat within the user's dedupe window
 *     counts as a duplicate
 * @param action {@link #ITEM}, {@link #USER}, {@link #ERASE}, or the name of a behaviour such as
 *     {@code click}
 * @param user the acting user; null only for {@link #ITEM}
 * @param items the items acted on: one or more for a behaviour, exactly one for {@link #ITEM}, else
 *     none
 * @param timeMillis event time, epoch milliseconds
 * @param request the ranking request that this event answers, if any
 * @param context request context such as the surface: at most 16 entries
 * @param attributes attributes of the item or user: name to one or more values
 * @param available whether the item may be ranked; true for every other kind
 * @param fields numbers that belong to the items of this event, as when they were shown; of a
 *     behaviour alone
 */
public record Event(
    String id,
    String action,
    @Nullable String user,
    List<String> items,
    long timeMillis,
    @Nullable String request,
    Map<String, String> context,
    Map<String, List<String>> attributes,
    boolean available,
    CandidateFields fields)
    implements Decoded {

  /** Sets the attributes and the availability of an item. */
  public static final String ITEM = "item";

  /** Sets the attributes of a user. */
  public static final String USER = "user";

  /** Forgets a user. */
  public static final String ERASE = "erase";

  /** What an event is about. */
  public enum Kind {
    BEHAVIOUR,
    ITEM,
    USER,
    ERASE
  }

  public Event {
    items = List.copyOf(items);
    context = Map.copyOf(context);
    attributes = Map.copyOf(attributes);
  }

  /** An event without numbers of its items. */
  public Event(
      String id,
      String action,
      @Nullable String user,
      List<String> items,
      long timeMillis,
      @Nullable String request,
      Map<String, String> context,
      Map<String, List<String>> attributes,
      boolean available) {
    this(
        id,
        action,
        user,
        items,
        timeMillis,
        request,
        context,
        attributes,
        available,
        CandidateFields.NONE);
  }

  /** A behaviour of {@code user} towards one item, without request or context. */
  public static Event behaviour(
      String id, String action, String user, String item, long timeMillis) {
    return new Event(id, action, user, List.of(item), timeMillis, null, Map.of(), Map.of(), true);
  }

  /** What this event is about, from its action. */
  public Kind kind() {
    return switch (action) {
      case ITEM -> Kind.ITEM;
      case USER -> Kind.USER;
      case ERASE -> Kind.ERASE;
      default -> Kind.BEHAVIOUR;
    };
  }

  /** The key of this event's Kafka record: the user, or the item for an item event. */
  public String key() {
    return user != null ? user : items.getFirst();
  }
}
