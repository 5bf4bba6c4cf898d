// SPDX-License-Identifier: Apache-2.0
/** From one store to another while requests go on. */
@NullMarked
package io.nextclick.serving.backfill;

import org.jspecify.annotations.NullMarked;
