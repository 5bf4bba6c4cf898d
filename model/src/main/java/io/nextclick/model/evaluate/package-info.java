// SPDX-License-Identifier: Apache-2.0
/** How good a scorer is: metrics, intervals, protocols, reports. */
@NullMarked
package io.nextclick.model.evaluate;

import org.jspecify.annotations.NullMarked;
