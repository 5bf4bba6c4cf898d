// SPDX-License-Identifier: Apache-2.0
/** Event logs and exported topics once more: into a store, or to Kafka. */
@NullMarked
package io.nextclick.ingest.replay;

import org.jspecify.annotations.NullMarked;
