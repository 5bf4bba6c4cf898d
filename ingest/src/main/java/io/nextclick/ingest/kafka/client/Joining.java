// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

/** Waits for a thread that was told to stop. */
public final class Joining {

  private Joining() {}

  /** Returns when it has ended, and not before: an interrupt is kept for later. */
  public static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
