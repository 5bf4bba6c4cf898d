// SPDX-License-Identifier: Apache-2.0
/** A model version on disk: written whole or not at all, and checked before it may serve. */
@NullMarked
package io.nextclick.model.bundle;

import org.jspecify.annotations.NullMarked;
