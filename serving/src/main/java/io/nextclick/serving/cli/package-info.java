// SPDX-License-Identifier: Apache-2.0
/** The program: its commands by subject, and what it says of itself. */
@NullMarked
package io.nextclick.serving.cli;

import org.jspecify.annotations.NullMarked;
