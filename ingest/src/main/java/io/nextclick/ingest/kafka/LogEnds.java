// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.ingest.kafka.client.Topics;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the brokers several times a second where our partitions end, beside the reading, which it
 * never keeps waiting. For one thread.
 *
 * <p>A consumer's own word on its lag is as old as its last fetch, and nothing says how old that
 * is. Here the question has a time: an event that was acknowledged before it lies below the answer.
 * So the end is that of all records, not only of those whose transaction has ended.
 */
final class LogEnds {

  private static final Logger LOG = LoggerFactory.getLogger(LogEnds.class);
  private static final long ASK_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

  /** A broker that does not answer must not keep the partitions of the others from being known. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int MAX_QUESTIONS = 8;

  /** A partition as it was when the question was sent. */
  private record Asked(AssignedPartition assigned, long folded) {}

  private record Question(
      Moment sent, Map<TopicPartition, Asked> partitions, ListOffsetsResult answers) {}

  private final Admin admin;
  private final InstantSource clock;
  private final List<Question> questions = new ArrayList<>();
  private long lastAsked = System.nanoTime() - ASK_NANOS;

  LogEnds(Admin admin, InstantSource clock) {
    this.admin = admin;
    this.clock = clock;
  }

  /** Takes the answers that have come, and asks again when it is time. */
  void look(AssignedPartitions events, AssignedPartitions items) {
    questions.removeIf(LogEnds::take);
    long since = System.nanoTime() - lastAsked;
    boolean mayAsk = questions.isEmpty() ? since >= ASK_NANOS : since >= PATIENCE_NANOS;
    if (!mayAsk || questions.size() >= MAX_QUESTIONS) {
      return;
    }
    Map<TopicPartition, Asked> partitions = new HashMap<>();
    for (AssignedPartitions topic : List.of(events, items)) {
      topic
          .readable()
          .forEach((partition, one) -> partitions.put(partition, new Asked(one, one.nextOffset)));
    }
    if (partitions.isEmpty()) {
      return;
    }
    lastAsked = System.nanoTime();
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    partitions.keySet().forEach(partition -> ends.put(partition, OffsetSpec.latest()));
    Moment sent = Moment.now(clock); // before the question is sent
    questions.add(new Question(sent, partitions, admin.listOffsets(ends)));
  }

  /** Whether the question has been answered in full. */
  private static boolean take(Question question) {
    question
        .partitions
        .entrySet()
        .removeIf(asked ->
            take(
                question.sent, asked.getValue(), question.answers.partitionResult(asked.getKey())));
    return question.partitions.isEmpty();
  }

  private static boolean take(Moment sent, Asked asked, KafkaFuture<ListOffsetsResultInfo> answer) {
    if (!answer.isDone()) {
      return false;
    }
    try {
      // Of a partition that has been given back meanwhile, nobody looks at this any more.
      asked.assigned.upTo.ends(sent, Topics.await(answer).offset(), asked.folded);
    } catch (KafkaException e) {
      LOG.debug("The broker does not say where a partition ends: {}", e.toString());
    }
    return true;
  }
}
