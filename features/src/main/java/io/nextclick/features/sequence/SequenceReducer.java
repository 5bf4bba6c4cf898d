// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.event.Event;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The fold: {@code (UserSequence, Event) -> UserSequence}. Live traffic, replay, evaluation,
 * training and tests all come through here.
 */
public final class SequenceReducer {

  /*
   * Why it is right.
   *
   * Pure. The result depends on the arguments and the settings alone: no clock, no randomness, no
   * I/O. So the state after a crash, rebuilt from the log, has the same bytes as the state before.
   *
   * Order. Entries are sorted by (event time, offset, place in the event). Records are folded in
   * offset order, so an entry that arrives now has a higher offset than all that are kept: it goes
   * after every entry whose time is not greater. The offset need not be stored.
   *
   * Length. What was done and what was shown have a room each, unless they share one. When a room
   * is full, its oldest entries fall out, and those of the other stay: pages that are looked at
   * cannot push out what was bought. An event older than the oldest kept of its room would fall out
   * at once; it is LATE and changes nothing, so that a flood of old events cannot push ids out of
   * the dedupe window. So a history is the newest entries of each room, whatever the order in which
   * they came: what a longer history has, cut to these rooms, is the same.
   *
   * Twice. The ids of the last W applied events are remembered as 64-bit hashes. Within W a repeat
   * is always found; two different ids of one user collide with probability W / 2^64. A repeat
   * further apart than W is applied again, and the documentation says so.
   *
   * Time. An event time more than maxFuture after the log's own append time is clamped to it, so
   * that one device with a wrong clock does not make all later events LATE. Descriptions of items
   * and users, and erase requests, are clamped to the append time itself: each of them shuts out
   * what is older than itself, and one from the future would shut out what comes next.
   *
   * Silence. The watermark of a partition is the greatest time, clamped, of its behaviour so far,
   * whatever became of that behaviour: the fold with an erasure ledger has the same one. What lies
   * further back than the retention from there counts no more. A user whose newest event does is
   * folded on from nothing, and remembers no ids: a repeat of an event that was forgotten is as old
   * as that one, and EXPIRED. (An event from the future, clamped, may come as a new one once the
   * time has passed that it was clamped to.) So nobody can tell whether what was stored
   * of such a user has been deleted meanwhile, and it may be at any time.
   */

  private final FoldSettings settings;

  public SequenceReducer(FoldSettings settings) {
    this.settings = settings;
  }

  /**
   * Folds a behaviour or user event into its user's state.
   *
   * @param appendTimeMillis when the log took the event in, or {@link SourceRecord#UNKNOWN_TIME}
   * @throws IllegalArgumentException for item and erase events, which concern no single sequence
   */
  public Folded apply(UserSequence before, Event event, long appendTimeMillis) {
    long idHash = hash(event.id());
    return switch (event.kind()) {
      case BEHAVIOUR -> {
        int action = settings.actionCode(event.action());
        if (action < 0) {
          yield new Folded(before, Verdict.QUARANTINED);
        }
        yield isRepeat(before, idHash)
            ? new Folded(before, Verdict.DUPLICATE)
            : insert(before, event, (byte) action, clamp(event, appendTimeMillis), idHash);
      }
      case USER ->
          isRepeat(before, idHash)
              ? new Folded(before, Verdict.DUPLICATE)
              : describe(before, event, clamp(event, appendTimeMillis), idHash);
      case ITEM, ERASE -> throw new IllegalArgumentException("no sequence: " + event.kind());
    };
  }

  /**
   * The watermark of a partition after one more event.
   *
   * @param before the one before it
   */
  public long watermark(long before, Event event, long appendTimeMillis) {
    return settings.retention().isOn()
            && event.kind() == Event.Kind.BEHAVIOUR
            && settings.actionCode(event.action()) >= 0
        ? Math.max(before, clamp(event, appendTimeMillis))
        : before;
  }

  /** What counts of a user when a partition has a watermark: all, or nothing. */
  public UserSequence remembered(UserSequence sequence, long watermarkMillis) {
    return settings.retention().forgets(sequence, watermarkMillis) ? UserSequence.EMPTY : sequence;
  }

  /** Whether an event is too old to be folded when the partition's watermark, with it, is this. */
  public boolean isExpired(Event event, long appendTimeMillis, long watermarkMillis) {
    return settings.retention().isOn()
        && (event.kind() == Event.Kind.USER || settings.actionCode(event.action()) >= 0)
        && settings.retention().isPast(clamp(event, appendTimeMillis), watermarkMillis);
  }

  /** The event time, held to at most {@code maxFuture} after the append time; see above. */
  long clamp(Event event, long appendTimeMillis) {
    long ahead = event.kind() == Event.Kind.BEHAVIOUR ? settings.maxFutureMillis() : 0;
    // A producer's clock gives the append time of some topics: any long is possible.
    long furthest = Long.MAX_VALUE - ahead;
    return appendTimeMillis > furthest
        ? event.timeMillis()
        : Math.min(event.timeMillis(), Math.max(0, appendTimeMillis) + ahead);
  }

  /** FNV-1a over UTF-8 bytes with a final mix, 64 bits: part of the stored state. */
  static long hash(String id) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    return hash ^ (hash >>> 33);
  }

  private static boolean isRepeat(UserSequence before, long idHash) {
    for (long known : before.recentIds()) {
      if (known == idHash) {
        return true;
      }
    }
    return false;
  }

  private Folded insert(UserSequence before, Event event, byte action, long time, long idHash) {
    Capacity capacity = settings.capacity();
    int room = capacity.room(action);
    int length = before.length();
    int kept = 0; // of the same room
    int oldest = -1;
    for (int t = length - 1; t >= 0; t--) {
      if (capacity.room(before.action(t)) == room) {
        kept++;
        oldest = t;
      }
    }
    if (kept == capacity.entries(room) && time < before.timeMillis(oldest)) {
      return new Folded(before, Verdict.LATE);
    }
    int at = length;
    while (at > 0 && before.timeMillis(at - 1) > time) {
      at--;
    }
    List<String> added = event.items();
    int drop = Math.max(0, kept + added.size() - capacity.entries(room));
    int after = length + added.size() - drop;
    String[] items = new String[after];
    byte[] actions = new byte[after];
    long[] times = new long[after];
    int to = 0;
    for (int from = 0; from < length + added.size(); from++) {
      boolean isNew = from >= at && from < at + added.size();
      int old = from < at ? from : from - added.size();
      byte code = isNew ? action : (byte) before.action(old);
      if (drop > 0 && capacity.room(code) == room) {
        drop--;
        continue;
      }
      items[to] = isNew ? added.get(from - at) : before.item(old);
      actions[to] = code;
      times[to++] = isNew ? time : before.timeMillis(old);
    }
    return applied(
        new UserSequence(
            items,
            actions,
            times,
            remember(before.recentIds(), idHash),
            before.attributes(),
            before.attributesTimeMillis()));
  }

  private Folded describe(UserSequence before, Event event, long time, long idHash) {
    if (time < before.attributesTimeMillis()) {
      return new Folded(before, Verdict.LATE);
    }
    return applied(
        new UserSequence(
            before.items(),
            before.actions(),
            before.times(),
            remember(before.recentIds(), idHash),
            event.attributes(),
            time));
  }

  private long[] remember(long[] ids, long idHash) {
    int keep = Math.min(ids.length, settings.dedupeWindow() - 1);
    if (keep < 0) {
      return ids;
    }
    long[] window = Arrays.copyOfRange(ids, ids.length - keep, ids.length + 1);
    window[keep] = idHash;
    return window;
  }

  private static Folded applied(UserSequence after) {
    return new Folded(after, Verdict.APPLIED);
  }
}
