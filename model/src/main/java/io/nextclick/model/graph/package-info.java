// SPDX-License-Identifier: Apache-2.0
/** Writes ONNX graphs, without a runtime. */
@NullMarked
package io.nextclick.model.graph;

import org.jspecify.annotations.NullMarked;
