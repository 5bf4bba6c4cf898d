// SPDX-License-Identifier: Apache-2.0
/** Everything that is timed. */
@NullMarked
package io.nextclick.bench;

import org.jspecify.annotations.NullMarked;
