// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.RejectedEvent;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The rules of the fold once more, one record at a time on plain lists: what every store is
 * compared with. It shares the bytes of a stored sequence with the product, hashes of ids among
 * them, and nothing else.
 */
public final class OracleFold {

  private record Entry(long time, long offset, int place, String item, int action) {}

  private static final class History {
    List<Entry> entries = new ArrayList<>();
    List<String> ids = new ArrayList<>(); // of applied events
    Map<String, List<String>> attributes = Map.of();
    long attributesTime = -1;
  }

  private record Described(long time, String eventId) {}

  private final FoldSettings settings;
  private final Map<String, History> users = new TreeMap<>();
  private final Map<String, Long> erasedAt = new HashMap<>();
  private final Map<String, Described> items = new HashMap<>();
  private final Map<Verdict, Long> verdicts = new HashMap<>();
  private long watermark = -1;

  public OracleFold(FoldSettings settings) {
    this.settings = settings;
  }

  /** The fold of all records with an offset below {@code nextOffset}. */
  public static OracleFold of(FoldSettings settings, List<SourceRecord> records, long nextOffset) {
    OracleFold oracle = new OracleFold(settings);
    records.stream().filter(record -> record.offset() < nextOffset).forEach(oracle::add);
    return oracle;
  }

  /** Folds the next record. */
  public void add(SourceRecord record) {
    Verdict verdict =
        switch (record.decoded()) {
          case RejectedEvent rejected -> Verdict.QUARANTINED;
          case Event event -> add(event, record.offset(), clamped(event, record));
        };
    verdicts.merge(verdict, 1L, Long::sum);
  }

  private long clamped(Event event, SourceRecord record) {
    if (record.appendTimeMillis() == SourceRecord.UNKNOWN_TIME) {
      return event.timeMillis();
    }
    BigInteger append = BigInteger.valueOf(Math.max(0, record.appendTimeMillis()));
    boolean behaviour = !List.of("item", "user", "erase").contains(event.action());
    BigInteger latest =
        behaviour ? append.add(BigInteger.valueOf(settings.maxFutureMillis())) : append;
    return latest.min(BigInteger.valueOf(event.timeMillis())).longValueExact();
  }

  private Verdict add(Event event, long offset, long time) {
    if (settings.actions().contains(event.action())) {
      watermark = Math.max(watermark, time);
      forgetTheSilent();
    }
    if (event.action().equals("item")) {
      return describe(event, time);
    }
    String user = event.user();
    if (event.action().equals("erase")) {
      users.remove(user);
      erasedAt.merge(user, time, Math::max);
      return Verdict.ERASED;
    }
    if (time <= erasedAt.getOrDefault(user, -1L)) {
      return Verdict.ERASED;
    }
    boolean attributes = event.action().equals("user");
    if (!attributes && !settings.actions().contains(event.action())) {
      return Verdict.QUARANTINED;
    }
    if (isPast(time)) {
      return Verdict.EXPIRED;
    }
    History history = users.getOrDefault(user, new History());
    if (history.ids.contains(event.id())) {
      return Verdict.DUPLICATE;
    }
    if (attributes ? time < history.attributesTime : tooOld(history, event.action(), time)) {
      return Verdict.LATE;
    }
    users.put(user, history);
    history.ids.add(event.id());
    trim(history.ids, settings.dedupeWindow());
    if (attributes) {
      history.attributes = event.attributes();
      history.attributesTime = time;
    } else {
      for (String item : event.items()) {
        int action = settings.actions().indexOf(event.action());
        history.entries.add(new Entry(time, offset, history.entries.size(), item, action));
      }
      history.entries.sort(
          Comparator.comparingLong(Entry::time)
              .thenComparingLong(Entry::offset)
              .thenComparingInt(Entry::place));
      int room = room(event.action());
      List<Entry> rivals = rivals(history, event.action());
      history.entries.removeAll(rivals.subList(0, Math.max(0, rivals.size() - room)));
    }
    return Verdict.APPLIED;
  }

  /** At once, all of them, as soon as the time has come: the stores do it when it suits them. */
  private void forgetTheSilent() {
    users.values().removeIf(history -> isPast(newest(history)));
  }

  private boolean isPast(long time) {
    long retention = settings.retention().millis();
    return retention > 0 && time + retention < watermark;
  }

  private static long newest(History history) {
    return history.entries.isEmpty()
        ? history.attributesTime
        : Math.max(history.attributesTime, history.entries.getLast().time());
  }

  /** The greatest time of behaviour. */
  public long watermark() {
    return settings.retention().millis() > 0 ? watermark : -1;
  }

  private boolean tooOld(History history, String action, long time) {
    List<Entry> rivals = rivals(history, action);
    return rivals.size() == room(action) && time < rivals.getFirst().time();
  }

  private boolean apart() {
    return settings.capacity().maxImpressions() > 0;
  }

  private int room(String action) {
    return apart() && action.equals("impression")
        ? settings.capacity().maxImpressions()
        : settings.capacity().maxHistory();
  }

  /** The entries that one of this action may push out, oldest first. */
  private List<Entry> rivals(History history, String action) {
    return history.entries.stream()
        .filter(entry ->
            !apart()
                || action.equals("impression")
                    == settings.actions().get(entry.action()).equals("impression"))
        .toList();
  }

  private static void trim(List<?> list, int length) {
    while (list.size() > length) {
      list.removeFirst();
    }
  }

  private Verdict describe(Event event, long time) {
    Described before = items.get(event.items().getFirst());
    if (before != null && before.eventId().equals(event.id())) {
      return Verdict.DUPLICATE;
    }
    if (before != null && time < before.time()) {
      return Verdict.LATE;
    }
    items.put(event.items().getFirst(), new Described(time, event.id()));
    return Verdict.APPLIED;
  }

  /** Every user's stored bytes. */
  public Map<String, byte[]> values() {
    Map<String, byte[]> values = new TreeMap<>();
    users.forEach((user, history) -> values.put(user, SequenceCodec.encode(user, of(history))));
    return values;
  }

  private static UserSequence of(History history) {
    int length = history.entries.size();
    String[] names = new String[length];
    byte[] actions = new byte[length];
    long[] times = new long[length];
    for (int i = 0; i < length; i++) {
      names[i] = history.entries.get(i).item();
      actions[i] = (byte) history.entries.get(i).action();
      times[i] = history.entries.get(i).time();
    }
    long[] ids = history.ids.stream().mapToLong(SequenceReducer::hash).toArray();
    return new UserSequence(names, actions, times, ids, history.attributes, history.attributesTime);
  }

  /** The fate of every record. */
  public Counters counters() {
    return new Counters(
        verdicts.getOrDefault(Verdict.APPLIED, 0L),
        verdicts.getOrDefault(Verdict.DUPLICATE, 0L),
        verdicts.getOrDefault(Verdict.LATE, 0L),
        verdicts.getOrDefault(Verdict.QUARANTINED, 0L),
        verdicts.getOrDefault(Verdict.ERASED, 0L),
        verdicts.getOrDefault(Verdict.EXPIRED, 0L));
  }

  /** The sum of the last 16 bytes of all values, modulo 2^128. */
  public BigInteger digest() {
    BigInteger sum = BigInteger.ZERO;
    for (byte[] value : values().values()) {
      sum = sum.add(new BigInteger(1, Arrays.copyOfRange(value, value.length - 16, value.length)));
    }
    return sum.mod(BigInteger.ONE.shiftLeft(128));
  }

  /** Event time of every described item. */
  public Map<String, Long> itemTimes() {
    Map<String, Long> times = new TreeMap<>();
    items.forEach((item, described) -> times.put(item, described.time()));
    return times;
  }
}
