// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.nextclick.features.event.ScalarText;
import io.nextclick.serving.api.JsonScalars.Scalar;
import io.nextclick.serving.api.JsonScalars.ScalarList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/rank}. An empty list or object is the same as none, except for {@code
 * excludeActions}: there it excludes nothing, whatever the service's setting.
 *
 * @param user whom to rank for
 * @param request an id that later impressions and clicks repeat; made up when absent
 * @param candidates what to rank, each an id, or an id with numbers that the caller knows of it;
 *     absent for the whole catalogue
 * @param limit items in the answer; the service's default when absent
 * @param context where the list will be shown, such as the surface; at most 16 entries of text,
 *     numbers or booleans, as in an event
 * @param exclude items that must not appear
 * @param excludeActions items that the user did one of these to must not appear; the service's
 *     setting when absent
 * @param filter attribute to values: only items that have, of each attribute, one of its values; at
 *     most 8 attributes of at most 64 values
 * @param explain whether to say what became of the candidates, and which events moved each item
 * @param model the model to use, by name; the best one that can answer when absent
 * @param deadlineMillis how long the caller waits; afterwards the request is dropped
 * @param slate a page in place of the list; then without {@code limit}
 * @param where attribute to what it has to be, such as a number within bounds: only items that meet
 *     all; at most 8 attributes
 */
public record RankRequest(
    String user,
    @Nullable String request,
    @Nullable CandidateList candidates,
    @Nullable Integer limit,
    @JsonDeserialize(contentUsing = Scalar.class) @Nullable Map<String, String> context,
    @Nullable List<String> exclude,
    @Nullable List<String> excludeActions,
    @JsonDeserialize(contentUsing = ScalarList.class) @Nullable Map<String, List<String>> filter,
    @Nullable Boolean explain,
    @Nullable String model,
    @Nullable Integer deadlineMillis,
    @Nullable SlateRequest slate,
    @Nullable Map<String, Condition> where) {

  private static final StrictJson<RankRequest> BODY = new StrictJson<>(RankRequest.class);
  private static final int MAX_ACTIONS = 127;
  private static final int MAX_FILTERS = 8;
  private static final int MAX_FILTER_VALUES = 64;
  private static final int MAX_DEADLINE_MILLIS = 60_000;

  /** More than any array may have but those of items: these are counted later, and named. */
  private static final int OTHER_ELEMENTS = 128;

  /** Lists and objects that hold nothing count as absent: generated clients send them. */
  public RankRequest {
    candidates = candidates == null || candidates.items().isEmpty() ? null : candidates;
    context = context == null || context.isEmpty() ? null : context;
    exclude = exclude == null || exclude.isEmpty() ? null : exclude;
    filter = filter == null || filter.isEmpty() ? null : filter;
    where = where == null || where.isEmpty() ? null : where;
  }

  /** A request for a list. */
  public RankRequest(
      String user,
      @Nullable String request,
      @Nullable CandidateList candidates,
      @Nullable Integer limit,
      @Nullable Map<String, String> context,
      @Nullable List<String> exclude,
      @Nullable List<String> excludeActions,
      @Nullable Map<String, List<String>> filter,
      @Nullable Boolean explain,
      @Nullable String model,
      @Nullable Integer deadlineMillis) {
    this(
        user,
        request,
        candidates,
        limit,
        context,
        exclude,
        excludeActions,
        filter,
        explain,
        model,
        deadlineMillis,
        null,
        null);
  }

  /** This with another page. */
  public RankRequest with(SlateRequest page) {
    return new RankRequest(
        user,
        request,
        candidates,
        limit,
        context,
        exclude,
        excludeActions,
        filter,
        explain,
        model,
        deadlineMillis,
        page,
        where);
  }

  /**
   * Reads and checks a body.
   *
   * @param maxItems candidates, excluded items at most
   * @param maxLimit the largest limit
   * @throws ProblemException 400, naming the field
   */
  public static RankRequest read(byte[] body, int maxItems, int maxLimit) {
    RankRequest rank = BODY.read(body, Math.max(maxItems, OTHER_ELEMENTS));
    FieldChecks.id("user", rank.user);
    if (rank.request != null) {
      FieldChecks.id("request", rank.request);
    }
    if (rank.model != null) {
      FieldChecks.id("model", rank.model);
    }
    FieldChecks.ids(
        "candidates", rank.candidates == null ? null : rank.candidates.items(), maxItems);
    FieldChecks.ids("exclude", rank.exclude, maxItems);
    FieldChecks.ids("excludeActions", rank.excludeActions, MAX_ACTIONS);
    checkFilter(rank.filter);
    Condition.check("where", rank.where);
    FieldChecks.range("limit", rank.limit, 1, maxLimit);
    FieldChecks.range("deadlineMillis", rank.deadlineMillis, 1, MAX_DEADLINE_MILLIS);
    checkContext(rank.context);
    if (rank.slate != null) {
      rank.slate.check(maxLimit);
      if (rank.limit != null) {
        throw ProblemException.field("limit", "does not go with slate: slate.size says how many");
      }
    }
    return rank;
  }

  private static void checkContext(@Nullable Map<String, String> context) {
    if (context == null) {
      return;
    }
    FieldChecks.count("context", context.size(), ScalarText.MAX_CONTEXT, "entries");
    context.forEach((name, value) -> {
      FieldChecks.id("context", name);
      FieldChecks.text(FieldChecks.entry("context", name), value, ScalarText.MAX_CONTEXT_BYTES);
    });
  }

  private static void checkFilter(@Nullable Map<String, List<String>> filter) {
    if (filter == null) {
      return;
    }
    FieldChecks.count("filter", filter.size(), MAX_FILTERS, "attributes");
    filter.forEach((name, values) -> {
      FieldChecks.id("filter", name);
      checkFilterValues(FieldChecks.entry("filter", name), values);
    });
  }

  private static void checkFilterValues(String field, @Nullable List<String> values) {
    if (values == null || values.isEmpty()) {
      throw ProblemException.field(field, "has no values");
    }
    FieldChecks.count(field, values.size(), MAX_FILTER_VALUES, "values");
    for (int i = 0; i < values.size(); i++) {
      FieldChecks.text(field + "[" + i + "]", values.get(i), ScalarText.MAX_ATTRIBUTE_BYTES);
    }
  }
}
