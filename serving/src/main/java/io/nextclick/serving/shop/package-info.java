// SPDX-License-Identifier: Apache-2.0
/** A made-up shop whose true click probabilities are known. */
@NullMarked
package io.nextclick.serving.shop;

import org.jspecify.annotations.NullMarked;
