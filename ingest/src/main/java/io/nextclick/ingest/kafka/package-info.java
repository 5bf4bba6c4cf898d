// SPDX-License-Identifier: Apache-2.0
/**
 * Events from and to Kafka. The position in a topic comes from the store, never from the broker.
 */
@NullMarked
package io.nextclick.ingest.kafka;

import org.jspecify.annotations.NullMarked;
