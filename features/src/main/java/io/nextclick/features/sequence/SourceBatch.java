// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import java.util.List;

/**
 * Consecutive records of one partition, folded and stored as one unit.
 *
 * @param partition where they come from
 * @param topicId the topic's id, which changes when a topic is deleted and re-created; empty for a
 *     file
 * @param leaderEpoch the leader epoch of the last record, or -1 when unknown
 * @param nextOffset where to read on: above the last record, beyond gaps that transactions left
 * @param records in offset order, each at or above the stored next offset
 */
public record SourceBatch(
    SourcePartition partition,
    String topicId,
    int leaderEpoch,
    long nextOffset,
    List<SourceRecord> records) {}
