// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

/** Lets a model work before it answers anybody. */
@FunctionalInterface
public interface WarmUp {

  /**
   * Lets a model score what others answered: its code is compiled, its cache is filled, its pace is
   * known.
   *
   * @return how many requests it scored
   * @throws IllegalStateException if it cannot
   */
  int warmUp(LoadedModel model);
}
