// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import java.util.ArrayList;
import java.util.List;

/** What a check of files that hang together by hashes has found. */
public abstract class Findings {

  /** Faults that are told one by one. */
  protected static final int MAX_FAULTS = 20;

  private final List<String> faults = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private int moreFaults;

  /** For a check that has found nothing yet. */
  protected Findings() {}

  /** Something is not as it was written. */
  protected final void fault(String what) {
    if (faults.size() < MAX_FAULTS) {
      faults.add(what);
    } else {
      moreFaults++;
    }
  }

  /** Something is no fault, and yet to be known. */
  protected final void note(String what) {
    notes.add(what);
  }

  /** Whether everything is there, as it was written. */
  public final boolean isWhole() {
    return faults.isEmpty();
  }

  /** What is not as it was written, at most {@value #MAX_FAULTS}. */
  public final List<String> faults() {
    return List.copyOf(faults);
  }

  /** Faults beyond {@link #faults}. */
  public final int moreFaults() {
    return moreFaults;
  }

  /** What is no fault, and yet to be known. */
  public final List<String> notes() {
    return List.copyOf(notes);
  }
}
