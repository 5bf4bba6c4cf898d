// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.part.ForwardStep.Addend;
import io.nextclick.model.part.ForwardStep.Candidate;
import io.nextclick.model.part.ForwardStep.Mix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the scores of all candidates of a request read, computed once: for any number of threads.
 *
 * @param history encoded
 * @param of the request
 * @param request the vector (dim,) of what the request brings along
 * @param query (dim,) what candidates are multiplied with, with dot; else empty
 * @param candidates the steps that add to a few of the candidates
 * @param factors (width,) of each part in the slot logit; null where it adds nothing
 * @param addends what else is added to the logits
 * @param mixes what becomes of the logits in the end
 */
public record PreparedRequest(
    EncodedHistory history,
    EncodedRequest of,
    float[] request,
    float[] query,
    List<Candidate.OfRequest> candidates,
    List<float @Nullable []> factors,
    List<Addend.OfRequest> addends,
    List<Mix.Logits> mixes) {

  /** The same with other candidates. */
  PreparedRequest with(EncodedRequest other) {
    return new PreparedRequest(history, other, request, query, candidates, factors, addends, mixes);
  }

  /** The same before anything is mixed into the logits. */
  PreparedRequest unmixed() {
    return new PreparedRequest(
        history, of, request, query, candidates, factors, addends, List.of());
  }

  /** The rows of the items that a part adds something to, and to others not; ascending. */
  int[] changedRows() {
    List<int[]> rows = new ArrayList<>();
    candidates.forEach(step -> rows.add(step.rows()));
    addends.forEach(step -> rows.add(step.rows()));
    mixes.forEach(step -> rows.add(step.rows()));
    return rows.size() == 1
        ? rows.getFirst()
        : rows.stream().flatMapToInt(Arrays::stream).distinct().sorted().toArray();
  }
}
