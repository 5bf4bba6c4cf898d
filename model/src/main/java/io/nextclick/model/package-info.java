// SPDX-License-Identifier: Apache-2.0
/** Scorers: everything that gives candidates a score. */
@NullMarked
package io.nextclick.model;

import org.jspecify.annotations.NullMarked;
