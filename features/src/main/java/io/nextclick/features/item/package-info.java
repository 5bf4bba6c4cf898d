// SPDX-License-Identifier: Apache-2.0
/** The item catalogue: attributes and availability. */
@NullMarked
package io.nextclick.features.item;

import org.jspecify.annotations.NullMarked;
