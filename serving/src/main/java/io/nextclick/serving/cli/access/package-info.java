// SPDX-License-Identifier: Apache-2.0
/** Commands that make, list, change and revoke API keys. */
@NullMarked
package io.nextclick.serving.cli.access;

import org.jspecify.annotations.NullMarked;
