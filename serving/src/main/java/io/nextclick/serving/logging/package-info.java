// SPDX-License-Identifier: Apache-2.0
/** What the log looks like, and what is kept out of it. */
@NullMarked
package io.nextclick.serving.logging;

import org.jspecify.annotations.NullMarked;
