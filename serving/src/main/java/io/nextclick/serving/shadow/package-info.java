// SPDX-License-Identifier: Apache-2.0
/** Models that answer nobody: they score what was answered, and warm up on it. */
@NullMarked
package io.nextclick.serving.shadow;

import org.jspecify.annotations.NullMarked;
