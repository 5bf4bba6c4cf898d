// SPDX-License-Identifier: Apache-2.0
/** What an event log looks like before anything is learnt from it, and what looks wrong. */
@NullMarked
package io.nextclick.model.shape;

import org.jspecify.annotations.NullMarked;
