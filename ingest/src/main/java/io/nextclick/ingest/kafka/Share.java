// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.ingest.kafka.Ownership.UpTo;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.ingest.kafka.client.Topics;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * This process's share of the partitions, as the readers of the topics report it, and as others may
 * see it. Written by the ingest thread, read by all.
 */
final class Share {

  /** A thread that slept for so long has to be shown anew that what it holds is its own. */
  private static final long SLEPT_MILLIS = TimeUnit.SECONDS.toMillis(8);

  private static final long TELL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final KafkaSettings settings;
  private final boolean keyed;
  private final InstantSource clock;
  private volatile Ownership now;

  // Of the ingest thread alone.
  private @Nullable GroupMember member;
  private @Nullable Admin admin;
  private @Nullable AssignedPartitions events;
  private @Nullable AssignedPartitions items;
  private int partitionCount;
  private boolean alone;
  private boolean gone; // the topic whose partitions were taken away last
  private boolean sharedOut; // since we last looked whether all is ours
  private boolean ended;

  /**
   * @param keyed whether a user's partition follows from the key
   * @param alone whether the process before had all partitions
   */
  Share(KafkaSettings settings, boolean keyed, boolean alone, InstantSource clock) {
    this.settings = settings;
    this.keyed = keyed;
    this.clock = clock;
    this.alone = alone;
    this.now = new Ownership(settings.eventsTopic(), 0, keyed, alone, Map.of(), null);
  }

  /** The share as it is; for any thread. */
  Ownership now() {
    return now;
  }

  /**
   * @param as who this store is in the group
   * @param client asked what the topic is when partitions are taken away
   */
  void of(GroupMember as, Admin client, AssignedPartitions ofEvents, AssignedPartitions ofItems) {
    member = as;
    admin = client;
    events = ofEvents;
    items = ofItems;
  }

  /** Whether no other process had a share since this one's state was folded. */
  boolean isAlone() {
    return alone;
  }

  /** The group has shared out the partitions. */
  void assigned() {
    sharedOut = true;
    tell();
  }

  /**
   * Partitions are another's from now on, or may be; but for those of a topic that was deleted,
   * whose log nobody can have read further.
   *
   * @param topicIds of those partitions
   */
  void takenAway(Set<String> topicIds) {
    if (!ended) {
      gone = alone && isGone(topicIds);
      if (!gone) {
        setAlone(false);
      }
      tell();
    }
  }

  private boolean isGone(Set<String> topicIds) {
    Admin client = admin;
    if (client == null || topicIds.isEmpty()) {
      return false;
    }
    try {
      TopicDescription topic =
          Topics.describe(client, List.of(settings.eventsTopic())).get(settings.eventsTopic());
      return topic == null || !topicIds.contains(topic.topicId().toString());
    } catch (KafkaException e) {
      return false;
    }
  }

  /** How many partitions the events topic has. */
  void partitions(int count) {
    partitionCount = count; // whose the added ones are, the group says later
  }

  /** What another had is not this process's alone before it has been read to its end. */
  private void look(Map<SourcePartition, UpTo> read) {
    if (!sharedOut || partitionCount == 0 || events == null) {
      return;
    }
    if (events.size() < partitionCount) {
      sharedOut = false;
      if (!gone || !events.isEmpty()) { // of a topic that was deleted nobody has anything
        setAlone(false);
      }
    } else if (read.values().stream().allMatch(one -> one.trusted() || one.moment() != null)) {
      sharedOut = false;
      setAlone(true);
    }
  }

  private void setAlone(boolean is) {
    alone = is;
    if (member != null) {
      member.share(!is); // before anything else: the next process must know
    }
  }

  /** The same as {@link #tell}, but not more often than anybody needs. */
  void tellAgain() {
    Moment last = now.taken();
    if (last == null || System.nanoTime() - last.nanos() >= TELL_NANOS) {
      tell();
    }
  }

  /** Tells how far all has been read, and that this thread is alive. */
  void tell() {
    if (ended) {
      return;
    }
    Moment at = Moment.now(clock);
    Moment last = now.taken();
    if (!alone && last != null && events != null && last.millisUntil(at) > SLEPT_MILLIS) {
      events.forgetMoments();
    }
    Map<SourcePartition, UpTo> read = new HashMap<>();
    if (events != null) {
      events.addReadUpTo(read);
      look(read);
    }
    if (items != null) {
      items.addReadUpTo(read);
    }
    now = new Ownership(settings.eventsTopic(), partitionCount, keyed, alone, read, at);
  }

  /**
   * Nothing is read any more. Where others may take over, nothing is this process's; else what was
   * read stays as it is, and ages.
   *
   * @param takenOver whether another process reads in this one's name
   */
  void end(boolean takenOver) {
    Ownership last = now;
    ended = true;
    boolean kept = alone && !takenOver;
    now =
        new Ownership(
            last.eventsTopic(),
            last.partitionCount(),
            keyed,
            kept,
            kept ? last.readUpTo() : Map.of(),
            last.taken());
  }

  /** No callback changes the share any more: the readers are about to be closed. */
  void closing() {
    ended = true;
  }
}
