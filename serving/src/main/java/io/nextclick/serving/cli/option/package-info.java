// SPDX-License-Identifier: Apache-2.0
/** Options that commands share, and how a command says what is wrong with them. */
@NullMarked
package io.nextclick.serving.cli.option;

import org.jspecify.annotations.NullMarked;
