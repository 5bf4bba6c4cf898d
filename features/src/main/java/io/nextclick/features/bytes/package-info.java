// SPDX-License-Identifier: Apache-2.0
/** How fields lie in stored keys and values, read and written. */
@NullMarked
package io.nextclick.features.bytes;

import org.jspecify.annotations.NullMarked;
