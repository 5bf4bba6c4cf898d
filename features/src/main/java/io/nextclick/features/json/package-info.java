// SPDX-License-Identifier: Apache-2.0
/** How this program writes JSON. */
@NullMarked
package io.nextclick.features.json;

import org.jspecify.annotations.NullMarked;
