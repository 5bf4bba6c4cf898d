// SPDX-License-Identifier: Apache-2.0
/** Batch scoring: many users in, part files of ranked lists out, whole or not at all. */
@NullMarked
package io.nextclick.serving.batch;

import org.jspecify.annotations.NullMarked;
