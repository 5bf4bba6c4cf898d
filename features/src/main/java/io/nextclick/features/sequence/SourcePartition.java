// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import java.nio.charset.StandardCharsets;

/**
 * One totally ordered log: a partition of a Kafka topic, or a log file.
 *
 * @param topic the topic's name, 1 to 249 bytes; for a file, the name given to it
 * @param partition the partition, from 0
 */
public record SourcePartition(String topic, int partition) implements Comparable<SourcePartition> {

  public SourcePartition {
    if (topic.isEmpty() || topic.getBytes(StandardCharsets.UTF_8).length > 249 || partition < 0) {
      throw new IllegalArgumentException("topic=" + topic + ", partition=" + partition);
    }
  }

  @Override
  public int compareTo(SourcePartition other) {
    int byTopic = topic.compareTo(other.topic);
    return byTopic != 0 ? byTopic : Integer.compare(partition, other.partition);
  }

  @Override
  public String toString() {
    return topic + "-" + partition;
  }
}
