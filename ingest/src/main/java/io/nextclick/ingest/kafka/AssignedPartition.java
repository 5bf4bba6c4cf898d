// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import org.jspecify.annotations.Nullable;

/** What is known of one partition that this process reads. For one thread. */
final class AssignedPartition {

  final ReadUpTo upTo = new ReadUpTo();
  boolean trusted; // nobody else can have folded further than we did
  @Nullable String topicId; // null until admitted
  @Nullable String lastTopicId; // stays when it is to be admitted again
  long nextOffset;
  int leaderEpoch = -1; // of the last record
  long relayFrom; // erase requests below were passed on before
  @Nullable String failure;
  long progress = System.nanoTime(); // the last time that it moved, or had nowhere to move
  boolean damaged; // and so it can be told to pass over what is damaged

  boolean readable() {
    return topicId != null && failure == null;
  }
}
