// SPDX-License-Identifier: Apache-2.0
/** Who is served now, who waits, and who is turned away; the memory for it. */
@NullMarked
package io.nextclick.serving.admission;

import org.jspecify.annotations.NullMarked;
