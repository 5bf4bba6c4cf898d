// SPDX-License-Identifier: Apache-2.0
/** Event logs as files: one JSON object per line, plain or compressed. */
@NullMarked
package io.nextclick.ingest.log;

import org.jspecify.annotations.NullMarked;
