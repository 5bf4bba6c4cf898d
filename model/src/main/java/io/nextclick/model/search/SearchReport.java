// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code metrics.json} says of a search. There is no clock in it: the same search gives the
 * same bytes.
 *
 * @param chosen the reasons of the choice, in words
 * @param trials every recipe that was tried, in this order
 */
public record SearchReport(List<String> chosen, List<Row> trials) {

  /**
   * A trial.
   *
   * @param why it was tried
   * @param recipe preset and changes, as on the command line
   * @param users share of the users
   * @param epochs at most
   * @param best epoch
   * @param validation what it came to there
   * @param error standard error of that
   * @param refusal why it came to nothing
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Row(
      int number,
      String why,
      String recipe,
      double users,
      int epochs,
      @Nullable Integer best,
      @Nullable Double validation,
      @Nullable Double error,
      @Nullable String refusal) {

    static Row of(SearchEntry entry) {
      Score score = entry.outcome().score();
      return new Row(
          entry.number(),
          entry.why(),
          (entry.preset() + " " + entry.changes()).strip(),
          entry.users(),
          entry.epochs(),
          score == null ? null : score.best(),
          score == null ? null : score.metric(),
          score == null ? null : score.error(),
          entry.outcome().refusal());
    }
  }

  static SearchReport of(List<String> chosen, List<SearchEntry> table) {
    return new SearchReport(chosen, table.stream().map(Row::of).toList());
  }
}
