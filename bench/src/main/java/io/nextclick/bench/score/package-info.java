// SPDX-License-Identifier: Apache-2.0
/** Batch scoring beside the kernel that it runs on. */
@NullMarked
package io.nextclick.bench.score;

import org.jspecify.annotations.NullMarked;
