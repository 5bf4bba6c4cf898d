// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.SourcePartition;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Which partitions this process reads, and up to which moment: a snapshot, to be taken before the
 * state is read that it is about.
 *
 * <p>State of a partition that another process reads is stale, whatever it says: an event, or an
 * erasure, may have been folded there. It must not be read, nor may that of a partition that was
 * another's until a moment ago, before all of its log has been read.
 *
 * @param eventsTopic the topic whose partitions are shared out
 * @param partitionCount of that topic; 0 while unknown
 * @param keyed whether a user's partition follows from the key, by Kafka's own rule
 * @param alone whether all partitions were this process's when the group last shared them out, or,
 *     before it has, in the process before
 * @param readUpTo of the partitions that this process reads
 * @param taken when this snapshot was taken; null if it does not age
 */
public record Ownership(
    String eventsTopic,
    int partitionCount,
    boolean keyed,
    boolean alone,
    Map<SourcePartition, UpTo> readUpTo,
    @Nullable Moment taken) {

  /** A process that said nothing for so long may have lost its share without knowing. */
  private static final long SILENCE_MILLIS = TimeUnit.SECONDS.toMillis(10);

  /**
   * How far one partition has been read.
   *
   * @param moment everything acknowledged before has been folded; null until that is known
   * @param trusted whether nobody else can have folded further: no other process had this partition
   *     since this one folded it
   */
  public record UpTo(@Nullable Moment moment, boolean trusted) {}

  /** What is known of the state of a user. */
  public enum Standing {
    /** All that was acknowledged up to a known moment is in it. */
    CURRENT,
    /** The partition is this process's, but its log has not been read up to its end yet. */
    CATCHING_UP,
    /** The group has not said yet whose it is; this process had all partitions before. */
    UNASSIGNED,
    /** Another process reads the partition, or did until a moment ago. */
    NOT_OWNED,
    /** There is no log. */
    NO_LOG;

    /** The name in answers and metrics, such as {@code catching-up}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * Of a process without a log: all that is stored may be read, and nothing is known of its age.
   */
  public static final Ownership OF_NO_LOG = new Ownership("", 0, false, true, Map.of(), null);

  /**
   * Of a process whose log is not open yet.
   *
   * @param limits of its ingest
   */
  public static Ownership beforeTheLog(IngestSettings limits) {
    boolean alone = !GroupMember.wasShared(limits.directory());
    return new Ownership("not open yet", 0, true, alone, Map.of(), null);
  }

  /**
   * This share while another ingest of the process takes over the reading: what the other one was
   * not given is lost, and nothing is read further.
   */
  public Ownership handedTo(Ownership next) {
    if (alone || next.events() == 0) {
      return this;
    }
    Map<SourcePartition, UpTo> kept = new HashMap<>(readUpTo);
    kept.keySet()
        .removeIf(one -> one.topic().equals(eventsTopic) && !next.readUpTo.containsKey(one));
    return new Ownership(eventsTopic, partitionCount, keyed, false, kept, next.taken);
  }

  public Ownership {
    readUpTo = Map.copyOf(readUpTo);
  }

  /** The partition that a user's events belong in; null while that is not known. */
  public @Nullable SourcePartition home(String user) {
    if (!keyed || partitionCount == 0) {
      return null;
    }
    byte[] key = user.getBytes(StandardCharsets.UTF_8);
    return new SourcePartition(eventsTopic, Utils.toPositive(Utils.murmur2(key)) % partitionCount);
  }

  /** Whether what is stored of a partition may be read. */
  public boolean mayRead(SourcePartition partition, Moment now) {
    if (!partition.topic().equals(eventsTopic)) {
      return true; // an archive, or the items: nobody shares those out
    }
    UpTo read = readUpTo.get(partition);
    return switch (standing(partition, now)) {
      case CURRENT -> true;
      case CATCHING_UP -> read != null && read.trusted;
      case UNASSIGNED, NO_LOG -> true;
      case NOT_OWNED -> false;
    };
  }

  /** What is known of the state of a user whom nothing is known of yet. */
  public Standing of(String user, Moment now) {
    if (eventsTopic.isEmpty()) {
      return Standing.NO_LOG;
    }
    SourcePartition home = home(user);
    if (home != null) {
      return standing(home, now);
    }
    // The user's events may lie in any partition.
    long ours = events();
    if (!alone) {
      return Standing.NOT_OWNED;
    }
    return ours == 0 || ours < partitionCount
        ? Standing.UNASSIGNED
        : isCurrent() ? Standing.CURRENT : Standing.CATCHING_UP;
  }

  /** What is known of a partition of the events topic. */
  public Standing standing(SourcePartition partition, Moment now) {
    UpTo read = readUpTo.get(partition);
    boolean silent = !alone && taken != null && taken.millisUntil(now) > SILENCE_MILLIS;
    if (read == null || silent) {
      return alone ? Standing.UNASSIGNED : Standing.NOT_OWNED;
    }
    return read.moment == null ? Standing.CATCHING_UP : Standing.CURRENT;
  }

  /** The moment of a partition that is current; null of any other, and of one that is not read. */
  public @Nullable Moment moment(SourcePartition partition) {
    UpTo read = readUpTo.get(partition);
    return read == null ? null : read.moment;
  }

  /** The earliest moment of the partitions that are read; null unless all are current. */
  public @Nullable Moment oldest() {
    Moment oldest = null;
    for (UpTo read : readUpTo.values()) {
      if (read.moment == null) {
        return null;
      }
      oldest = oldest == null ? read.moment : Moment.earlier(oldest, read.moment);
    }
    return oldest;
  }

  /** How many partitions of the events topic have each standing. */
  public Map<Standing, Long> count(Moment now) {
    Map<Standing, Long> counts = new HashMap<>();
    for (Standing standing : Standing.values()) {
      counts.put(standing, 0L);
    }
    for (int partition = 0; partition < partitionCount; partition++) {
      SourcePartition one = new SourcePartition(eventsTopic, partition);
      counts.merge(standing(one, now), 1L, Long::sum);
    }
    return counts;
  }

  private boolean isCurrent() {
    return oldest() != null;
  }

  private long events() {
    return readUpTo.keySet().stream().filter(p -> p.topic().equals(eventsTopic)).count();
  }
}
