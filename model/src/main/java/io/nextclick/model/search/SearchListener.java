// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Is notified of the progress of a search. */
public interface SearchListener {

  /**
   * What is going to happen.
   *
   * @param whole seconds of a whole training of the first prior, about
   * @param search seconds that are left for trials
   * @param size of a trial; null if there is no room for a search
   */
  void planned(double whole, double search, @Nullable TrialSize size);

  /** Before a trial. */
  void begins(Trial trial);

  /**
   * After a trial.
   *
   * @param entry what came of it
   * @param best whether it is the best so far
   * @throws IOException if what is kept of it cannot be written
   */
  void ends(SearchEntry entry, boolean best) throws IOException;

  /** What has been decided, and why. */
  void decided(List<String> reasons);
}
