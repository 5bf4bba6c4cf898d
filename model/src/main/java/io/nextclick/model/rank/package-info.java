// SPDX-License-Identifier: Apache-2.0
/** Ranked lists outside a service: one user after another, whoever holds the state. */
@NullMarked
package io.nextclick.model.rank;

import org.jspecify.annotations.NullMarked;
