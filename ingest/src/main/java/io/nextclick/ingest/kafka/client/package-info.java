// SPDX-License-Identifier: Apache-2.0
/** Kafka as it is used here: its settings, its topics, and what is written to them. */
@NullMarked
package io.nextclick.ingest.kafka.client;

import org.jspecify.annotations.NullMarked;
