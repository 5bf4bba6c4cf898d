// SPDX-License-Identifier: Apache-2.0
/** The sequence store on disk: sequences, and the state of the fold that made them. */
@NullMarked
package io.nextclick.features.store;

import org.jspecify.annotations.NullMarked;
