// SPDX-License-Identifier: Apache-2.0
/** Threads of the service's own. */
@NullMarked
package io.nextclick.serving.concurrent;

import org.jspecify.annotations.NullMarked;
