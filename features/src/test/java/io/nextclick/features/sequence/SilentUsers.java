// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.RejectedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Seeded logs of one partition over a day or two in which users fall silent for hours and come
 * back, with events out of order, sent again long after, from the future, and requests to erase.
 */
public final class SilentUsers {

  /** How long they may be silent. */
  public static final Retention RETENTION = new Retention(3_600_000);

  private static final long START = EventStreams.START_MILLIS;
  private static final long MINUTE = 60_000;

  private final Random random;
  private final int users;
  private final long stepMillis;

  /** A stream with its own pace, all drawn from {@code seed}. */
  public SilentUsers(long seed) {
    random = new Random(seed);
    users = 4 + random.nextInt(12);
    stepMillis = MINUTE + random.nextLong(7 * MINUTE);
  }

  /** Settings of a fold with this retention, with small bounds; drawn from the seed. */
  public static FoldSettings settings(long seed) {
    Random random = new Random(seed);
    FoldSettings settings =
        new FoldSettings(
            1 + random.nextInt(4),
            1 + random.nextInt(12),
            random.nextInt(3) * 40 * MINUTE,
            List.of("impression", "click"));
    return settings
        .withCapacity(settings.capacity().withMaxImpressions(random.nextInt(4)))
        .withRetention(RETENTION);
  }

  /** {@code count} records with offsets that rise with gaps. */
  public List<SourceRecord> records(int count) {
    List<SourceRecord> records = new ArrayList<>();
    long offset = random.nextInt(3);
    for (int i = 0; i < count; i++) {
      long now = START + i * stepMillis;
      boolean again = i > 0 && random.nextInt(5) == 0;
      records.add(
          again
              ? new SourceRecord(offset, now, records.get(random.nextInt(i)).decoded(), new byte[0])
              : record(i, offset, now));
      offset += random.nextInt(10) == 0 ? 3 : 1;
    }
    return records;
  }

  private SourceRecord record(int i, long offset, long now) {
    int kind = random.nextInt(40);
    if (kind == 0) {
      var refused = new RejectedEvent(RejectedEvent.Reason.UNKNOWN_ACTION, "of the test");
      return new SourceRecord(offset, now, refused, new byte[] {1});
    }
    long time =
        switch (random.nextInt(12)) {
          case 0 -> now + random.nextLong(100 * MINUTE); // clamped, some of them
          case 1, 2 -> Math.max(0, now - random.nextLong(150 * MINUTE));
          default -> now - random.nextLong(MINUTE);
        };
    // Only some users are awake, and others from hour to hour.
    long hour = (now - START) / (60 * MINUTE);
    String user = "user-" + (hour + random.nextInt(3)) % users;
    boolean unknown = kind != 1 && random.nextInt(50) == 0 && time <= now;
    return new SourceRecord(
        offset, unknown ? SourceRecord.UNKNOWN_TIME : now, event(i, kind, user, time), new byte[0]);
  }

  private Event event(int i, int kind, String user, long time) {
    String id = "e" + i;
    return switch (kind) {
      case 1 -> of(id, Event.ERASE, user, time, Map.of());
      case 2, 3, 4 -> of(id, Event.USER, user, time, Map.of("plan", List.of("p" + i)));
      case 5 ->
          new Event(
              id,
              Event.ITEM,
              null,
              List.of("item-" + random.nextInt(5)),
              time,
              null,
              Map.of(),
              Map.of("title", List.of("t" + i)),
              true);
      case 6 -> Event.behaviour(id, "unheard_of", user, "item-1", time + 90 * MINUTE);
      default -> Event.behaviour(id, "click", user, "item-" + random.nextInt(20), time);
    };
  }

  private static Event of(
      String id, String action, String user, long time, Map<String, List<String>> attributes) {
    return new Event(id, action, user, List.of(), time, null, Map.of(), attributes, true);
  }
}
