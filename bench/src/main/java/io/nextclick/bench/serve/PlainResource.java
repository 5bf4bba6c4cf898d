// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Scores the candidates, sorts them and answers with the first: as a team would write it. */
@Path("/v1/rank")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public final class PlainResource {

  private final Scorer scorer;
  private final Map<String, UserSequence> histories;

  PlainResource(Scorer scorer, Map<String, UserSequence> histories) {
    this.scorer = scorer;
    this.histories = histories;
  }

  /** The same body as the service's. */
  public record Request(String user, int limit, List<String> candidates) {}

  /** The list, best first. */
  public record Answer(List<Ranked> items) {}

  /** One place of the list. */
  public record Ranked(String item, int rank, float score) {}

  @POST
  public Answer rank(Request request) {
    UserSequence history = histories.getOrDefault(request.user, UserSequence.EMPTY);
    EncodedRequest encoded =
        EncodedRequest.of(
            scorer.vocabulary(), history, scorer.maxHistory(), request.candidates, Map.of());
    float[] scores = scorer.score(encoded);
    List<Integer> order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(Comparator.comparingDouble(c -> -scores[c]))
            .limit(request.limit)
            .toList();
    return new Answer(
        IntStream.range(0, order.size())
            .mapToObj(place -> {
              int candidate = order.get(place);
              return new Ranked(request.candidates.get(candidate), place + 1, scores[candidate]);
            })
            .toList());
  }
}
