// SPDX-License-Identifier: Apache-2.0
/** Folding event logs into a store. */
@NullMarked
package io.nextclick.ingest;

import org.jspecify.annotations.NullMarked;
