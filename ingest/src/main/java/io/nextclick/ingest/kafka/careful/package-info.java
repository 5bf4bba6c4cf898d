// SPDX-License-Identifier: Apache-2.0
/**
 * Reading what Kafka's consumer fails at, batch by batch, and what to do where the log is damaged.
 */
@NullMarked
package io.nextclick.ingest.kafka.careful;

import org.jspecify.annotations.NullMarked;
