// SPDX-License-Identifier: Apache-2.0
/**
 * What a model is made of: its configuration, and the parts beside the layers. One part is one
 * file: its settings, its tensors, the columns that it reads, and its three forms: in serving, in
 * training, in a graph.
 */
@NullMarked
package io.nextclick.model.part;

import org.jspecify.annotations.NullMarked;
