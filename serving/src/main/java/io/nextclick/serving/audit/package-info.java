// SPDX-License-Identifier: Apache-2.0
/** Who did what, in a log whose lines are chained by their hashes. */
@NullMarked
package io.nextclick.serving.audit;

import org.jspecify.annotations.NullMarked;
