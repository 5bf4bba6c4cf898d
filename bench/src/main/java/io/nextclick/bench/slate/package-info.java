// SPDX-License-Identifier: Apache-2.0
/** What whole pages are worth, under a truth that is known. */
@NullMarked
package io.nextclick.bench.slate;

import org.jspecify.annotations.NullMarked;
