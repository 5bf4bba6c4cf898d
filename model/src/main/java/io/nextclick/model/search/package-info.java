// SPDX-License-Identifier: Apache-2.0
/** Finds the recipe that fits a log, within a time budget. */
@NullMarked
package io.nextclick.model.search;

import org.jspecify.annotations.NullMarked;
