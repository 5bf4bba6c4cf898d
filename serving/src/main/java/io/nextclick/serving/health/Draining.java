// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.health;

/** Whether the service was told to stop: it still answers, but nobody new should be sent to it. */
public final class Draining {

  private volatile boolean told;

  /** From now on {@code /ready} is red. */
  public void tell() {
    told = true;
  }

  public boolean isTold() {
    return told;
  }
}
