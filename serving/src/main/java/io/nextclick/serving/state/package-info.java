// SPDX-License-Identifier: Apache-2.0
/** The users' state that serves, and the log that it is folded from. */
@NullMarked
package io.nextclick.serving.state;

import org.jspecify.annotations.NullMarked;
