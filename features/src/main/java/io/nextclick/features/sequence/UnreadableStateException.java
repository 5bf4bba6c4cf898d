// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

/** What is stored of a user could not be read; the state of other users may well be sound. */
public final class UnreadableStateException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final transient SourcePartition partition;
  private final boolean damaged;

  /**
   * @param partition whose state it was
   * @param damaged whether the bytes are not what was written, so that a second try reads them no
   *     better; false for what may pass, such as a lack of file handles
   * @param cause what came of the reading
   */
  public UnreadableStateException(
      SourcePartition partition, boolean damaged, RuntimeException cause) {
    super(cause.getMessage(), cause);
    this.partition = partition;
    this.damaged = damaged;
  }

  /** Whose state it was. */
  public SourcePartition partition() {
    return partition;
  }

  /** Whether the bytes are not what was written. */
  public boolean isDamaged() {
    return damaged;
  }
}
