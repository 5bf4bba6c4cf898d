// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The shape of a log in words, for a terminal. */
public final class ShapeText {

  private static final Duration DAYS_FROM = Duration.ofDays(2);

  private ShapeText() {}

  /** What a line is about, to the line. */
  public static Map<String, String> of(LogShape shape) {
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put("log", clock(shape.clock()));
    if (shape.clock().behaviours() == 0) {
      return lines;
    }
    lines.put("users", users(shape.users()));
    lines.put("items", items(shape.items()));
    lines.put("order", order(shape.order(), shape.users()));
    lines.put("pages", pages(shape.pages()));
    attributes(lines, "of users", shape.users().attributes());
    attributes(lines, "of items", shape.items().attributes());
    return lines;
  }

  private static String clock(LogShape.Clock clock) {
    return clock.behaviours() == 0
        ? String.format(Locale.ROOT, "%,d events, none of a user's behaviour", clock.events())
        : String.format(
            Locale.ROOT,
            "%,d events, %s to %s",
            clock.events(),
            day(clock.firstMillis()),
            day(clock.lastMillis()));
  }

  private static LocalDate day(long millis) {
    return Instant.ofEpochMilli(millis).atZone(ZoneOffset.UTC).toLocalDate();
  }

  private static String users(LogShape.Users users) {
    Quantiles wanted = users.wanted();
    String sample =
        users.everyNth() == 1
            ? ""
            : String.format(Locale.ROOT, "; every %,d. was looked at", users.everyNth());
    String shown =
        users.shown().most() == 0
            ? ""
            : String.format(Locale.ROOT, "; shown %,d (median)", users.shown().p50());
    return String.format(
        Locale.ROOT,
        "%,d: wanted %,d entries (median; %,d to %,d the middle 80 %%, %,d at most)%s; over %s%s",
        users.count(),
        wanted.p50(),
        wanted.p10(),
        wanted.p90(),
        wanted.most(),
        shown,
        time(Duration.ofMillis(users.spanMillis().p50())),
        sample);
  }

  private static String time(Duration span) {
    return span.compareTo(DAYS_FROM) >= 0
        ? String.format(Locale.ROOT, "%,d days", span.toDays())
        : span.toHours() >= 2
            ? String.format(Locale.ROOT, "%,d hours", span.toHours())
            : String.format(Locale.ROOT, "%,d minutes", span.toMinutes());
  }

  private static String items(LogShape.Items items) {
    return String.format(
        Locale.ROOT,
        "%,d, %,d of them wanted; %.2f %% of the pairs with a user never came; drift %.2f",
        items.count(),
        items.wanted(),
        100 * items.sparsity(),
        items.drift());
  }

  private static String order(LogShape.Order order, LogShape.Users users) {
    return String.format(
        Locale.ROOT,
        "%.1f %% of neighbours have the same time; %.1f %% of the entries are repeats;"
            + " %,d users can be tested",
        100 * order.ties(),
        100 * users.repeats(),
        users.targets());
  }

  private static String pages(LogShape.Pages pages) {
    return pages.count() == 0
        ? "none with a request id"
        : String.format(
            Locale.ROOT,
            "%,d of %.1f items; %.2f %% of the items were clicked",
            pages.count(),
            pages.perPage(),
            100 * pages.clickRate());
  }

  private static void attributes(Map<String, String> lines, String of, Map<String, Double> known) {
    if (!known.isEmpty()) {
      lines.put(
          of,
          known.entrySet().stream()
              .map(name ->
                  String.format(Locale.ROOT, "%s %.0f %%", name.getKey(), 100 * name.getValue()))
              .collect(Collectors.joining(", ")));
    }
  }
}
