// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import io.nextclick.features.sequence.SourcePartition;
import org.apache.kafka.common.TopicPartition;

/** One partition, as the store names it and as Kafka's clients do. */
public final class PartitionNames {

  private PartitionNames() {}

  public static SourcePartition source(TopicPartition partition) {
    return new SourcePartition(partition.topic(), partition.partition());
  }

  public static TopicPartition kafka(SourcePartition partition) {
    return new TopicPartition(partition.topic(), partition.partition());
  }
}
