// SPDX-License-Identifier: Apache-2.0
/** The fold from events to one sequence per user, and the store that keeps it. */
@NullMarked
package io.nextclick.features.sequence;

import org.jspecify.annotations.NullMarked;
