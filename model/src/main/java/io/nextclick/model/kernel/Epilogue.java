// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

/** What happens to the result of a linear map before it is stored. */
public enum Epilogue {
  /** {@code y = x W^T + b}. */
  STORE,
  /** {@code y = max(0, x W^T + b)}. */
  RELU,
  /** {@code y = gelu(x W^T + b)}. */
  GELU,
  /** {@code y = y + x W^T + b}: the residual. */
  ADD
}
