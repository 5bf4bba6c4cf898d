// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.features.event.FieldNames;
import io.nextclick.features.event.Ids;
import io.nextclick.features.event.ScalarText;
import io.nextclick.serving.api.CandidateList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the fields of a row into an {@link InputRow}: a user, or what is wrong. */
final class RowCheck {

  /** Candidates of one row at most. */
  static final int MAX_CANDIDATES = 1_000_000;

  private RowCheck() {}

  static InputRow row(long line, UserTable.Cells row) {
    String user = row.user();
    CandidateList candidates = row.candidates();
    Map<String, @Nullable String> context = row.context();
    String fault = fault("user", user);
    if (fault == null && candidates != null) {
      fault = ofCandidates(candidates.items());
    }
    if (fault == null && row.fields() != null && !row.fields().isEmpty()) {
      fault = "fields is of a candidate, and stands with it: {\"item\": ..., \"fields\": ...}";
    }
    if (fault == null && context != null) {
      fault = ofContext(context);
    }
    if (fault != null || user == null) {
      return new InputRow.Bad(line, String.valueOf(fault));
    }
    return new InputRow.User(
        line,
        user,
        candidates == null || candidates.items().isEmpty() ? null : candidates,
        context == null ? Map.of() : Map.copyOf(context));
  }

  static @Nullable String fault(String field, @Nullable String id) {
    String fault = id == null ? "is missing" : Ids.fault(id);
    return fault == null ? null : field + " " + fault;
  }

  private static @Nullable String ofCandidates(List<String> candidates) {
    if (candidates.size() > MAX_CANDIDATES) {
      return "candidates has %d items, at most %d".formatted(candidates.size(), MAX_CANDIDATES);
    }
    for (int i = 0; i < candidates.size(); i++) {
      String fault = fault("candidates[" + i + "]", candidates.get(i));
      if (fault != null) {
        return fault;
      }
    }
    return null;
  }

  private static @Nullable String ofContext(Map<String, @Nullable String> context) {
    if (context.size() > ScalarText.MAX_CONTEXT) {
      return "context has %d entries, at most %d".formatted(context.size(), ScalarText.MAX_CONTEXT);
    }
    for (var entry : context.entrySet()) {
      String fault = fault("context", entry.getKey());
      if (fault != null) {
        return fault;
      }
      fault = ScalarText.fault(entry.getValue(), ScalarText.MAX_CONTEXT_BYTES);
      if (fault != null) {
        return "context." + FieldNames.shown(entry.getKey()) + " " + fault;
      }
    }
    return null;
  }
}
