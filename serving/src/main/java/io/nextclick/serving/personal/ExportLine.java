// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.personal;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.nextclick.serving.answer.LoggedAnswer;
import io.nextclick.serving.api.RankedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The lines of an export: each says what it is, and from where. Times are ISO-8601. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"kind"})
sealed interface ExportLine {

  /** What kind of line it is: the name of the record in lower case. */
  @JsonProperty("kind")
  default String kind() {
    return getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  /** The first line: whose it is, and when it was begun. */
  record About(String user, String time) implements ExportLine {}

  /** The stored sequence, but for its entries. */
  record Sequence(RankedList.History history, Map<String, List<String>> attributes)
      implements ExportLine {}

  /** An entry of it; oldest first. */
  record Entry(String item, String action, String time) implements ExportLine {}

  /** That the user was erased, and what has come since. */
  record Erasure(String topic, int partition, long offset, String time) implements ExportLine {}

  /** A record of the user that was refused, with its first bytes. */
  record Refused(
      String topic, int partition, long offset, @Nullable String time, String reason, String text)
      implements ExportLine {}

  /** A list that waits for its clicks. */
  record Impression(String request, String model, String time, List<String> items)
      implements ExportLine {}

  /** A click that waits for its list to be counted. */
  record Click(String request, String item, String time) implements ExportLine {}

  /** A line of the answer log. */
  record Answer(@JsonUnwrapped LoggedAnswer answer) implements ExportLine {}

  /** What could not be read, and why. */
  record Unread(String what, String why) implements ExportLine {}

  /** The last line: without it, something is missing. */
  record End(long lines) implements ExportLine {}
}
