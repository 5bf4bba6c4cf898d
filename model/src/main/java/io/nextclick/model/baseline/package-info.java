// SPDX-License-Identifier: Apache-2.0
/** Rankers that need no training: the floor of every evaluation and the bottom of the ladder. */
@NullMarked
package io.nextclick.model.baseline;

import org.jspecify.annotations.NullMarked;
