// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.ingest.kafka.Moment;
import io.nextclick.ingest.kafka.Ownership;
import io.nextclick.ingest.kafka.Ownership.Standing;
import io.nextclick.serving.api.RankedList;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Says how far the stored state may lag behind the log.
 *
 * <p>The age is never younger than the truth: every event that was acknowledged before it is in the
 * state that was read. Where nobody knows that, there is no age, but a reason.
 */
public final class Freshness {

  private final Supplier<Ownership> ownership;
  private final InstantSource clock;

  /**
   * @param ownership what is read from the log now, and up to when
   */
  public Freshness(Supplier<Ownership> ownership, InstantSource clock) {
    this.ownership = ownership;
    this.clock = clock;
  }

  /** What is known before the state of a user is read. */
  public Look look(String user) {
    Ownership now = ownership.get();
    Moment at = Moment.now(clock);
    return new Look(now, user, now.of(user, at), at);
  }

  /** What was known before the state of a user was read; so the state is at least as young. */
  public final class Look {

    private final Ownership share;
    private final String user;
    private final Standing standing;
    private final Moment at;

    private Look(Ownership share, String user, Standing standing, Moment at) {
      this.share = share;
      this.user = user;
      this.standing = standing;
      this.at = at;
    }

    /** Whether the user's state may be read at all: it is no stale copy of another's. */
    public boolean isOurs() {
      SourcePartition home = share.home(user);
      return standing != Standing.NOT_OWNED && (home == null || mayRead(home));
    }

    /** Whether what is stored of a partition may be read. */
    public boolean mayRead(SourcePartition partition) {
      return share.mayRead(partition, at);
    }

    /** The partition that the user's events belong in; null while that is not known. */
    public @Nullable SourcePartition home() {
      return share.home(user);
    }

    /** The state that a sequence was read with; its age is that of this moment. */
    public RankedList.History describe(StoredSequence stored) {
      SourcePartition partition = stored.partition();
      SourcePartition home = share.home(user);
      Moment moment = standing == Standing.CURRENT ? upTo(stored, home) : null;
      Standing reason = standing == Standing.CURRENT ? Standing.CATCHING_UP : standing;
      Integer number =
          partition != null
              ? Integer.valueOf(partition.partition())
              : standing == Standing.NOT_OWNED && home != null
                  ? Integer.valueOf(home.partition())
                  : null;
      return new RankedList.History(
          stored.sequence().length(),
          number,
          stored.state() == null ? null : stored.state().nextOffset(),
          moment == null ? null : moment.millisUntil(Moment.now(clock)),
          moment == null ? reason.label() : null);
    }

    /** Of all partitions that have a part in the sequence, the earliest; null if one is unknown. */
    private @Nullable Moment upTo(StoredSequence stored, @Nullable SourcePartition home) {
      Moment oldest = home == null ? share.oldest() : share.moment(home);
      List<SourcePartition> parts = new ArrayList<>(stored.others().keySet());
      if (stored.partition() != null) {
        parts.add(stored.partition());
      }
      for (SourcePartition part : parts) {
        if (oldest != null && part.topic().equals(share.eventsTopic())) {
          Moment moment = share.moment(part);
          oldest = moment == null ? null : Moment.earlier(oldest, moment);
        }
      }
      return oldest;
    }
  }

  /** The age of the oldest partition now; null unless that of all that are read is known. */
  public @Nullable Long ageMillis() {
    Moment oldest = ownership.get().oldest();
    return oldest == null ? null : oldest.millisUntil(Moment.now(clock));
  }

  /** How many partitions of the events topic have each standing. */
  public Map<Standing, Long> partitions() {
    return ownership.get().count(Moment.now(clock));
  }

  /** Why there is no age, in words; null when there is one. */
  public @Nullable String unknownBecause() {
    Ownership now = ownership.get();
    if (now.oldest() != null) {
      return null;
    }
    if (now.eventsTopic().isEmpty()) {
      return Standing.NO_LOG.label();
    }
    return now.readUpTo().isEmpty() ? Standing.UNASSIGNED.label() : Standing.CATCHING_UP.label();
  }
}
