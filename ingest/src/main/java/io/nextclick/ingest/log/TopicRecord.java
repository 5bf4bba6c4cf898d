// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;

/**
 * A record of a topic with its place.
 *
 * @param partition where it comes from
 * @param record with its offset and append time
 */
public record TopicRecord(SourcePartition partition, SourceRecord record) {}
