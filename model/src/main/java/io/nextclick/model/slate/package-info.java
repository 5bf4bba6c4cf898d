// SPDX-License-Identifier: Apache-2.0
/** Whole pages, built place by place: who says how likely a click is there, and who chooses. */
@NullMarked
package io.nextclick.model.slate;

import org.jspecify.annotations.NullMarked;
