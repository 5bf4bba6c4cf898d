// SPDX-License-Identifier: Apache-2.0
/** Commands that make, bring and change logs of events. */
@NullMarked
package io.nextclick.serving.cli.data;

import org.jspecify.annotations.NullMarked;
