// SPDX-License-Identifier: Apache-2.0
/** Commands on the state of users: folded, rebuilt, checked, kept. */
@NullMarked
package io.nextclick.serving.cli.state;

import org.jspecify.annotations.NullMarked;
