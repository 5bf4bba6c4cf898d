// SPDX-License-Identifier: Apache-2.0
/** From scores to click probabilities. */
@NullMarked
package io.nextclick.model.calibrate;

import org.jspecify.annotations.NullMarked;
