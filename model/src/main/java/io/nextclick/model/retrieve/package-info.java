// SPDX-License-Identifier: Apache-2.0
/** The best items of a whole vocabulary, without candidates given. */
@NullMarked
package io.nextclick.model.retrieve;

import org.jspecify.annotations.NullMarked;
