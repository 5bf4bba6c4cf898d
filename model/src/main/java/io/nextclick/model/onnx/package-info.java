// SPDX-License-Identifier: Apache-2.0
/** ONNX: graphs that we write, a check of graphs that others wrote, and ONNX Runtime. */
@NullMarked
package io.nextclick.model.onnx;

import org.jspecify.annotations.NullMarked;
