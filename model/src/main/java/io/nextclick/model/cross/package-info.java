// SPDX-License-Identifier: Apache-2.0
/** Crosses of user and item: what a request says of the values that items have. */
@NullMarked
package io.nextclick.model.cross;

import org.jspecify.annotations.NullMarked;
