// SPDX-License-Identifier: Apache-2.0

/**
 * What layers are built of, one file each: how rows are normalised, and how the feed-forward
 * network makes its hidden values; in serving, in training and in a graph.
 */
@NullMarked
package io.nextclick.model.block;

import org.jspecify.annotations.NullMarked;
