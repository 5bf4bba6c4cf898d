// SPDX-License-Identifier: Apache-2.0
/** The command line: each command parses, calls one class, prints one result. */
@NullMarked
package io.nextclick.serving.cli;

import org.jspecify.annotations.NullMarked;
