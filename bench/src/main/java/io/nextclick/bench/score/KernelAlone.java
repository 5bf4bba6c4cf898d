// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.score;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.model.Scorer;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.model.retrieve.Retriever;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The model and nothing else: requests lie encoded in memory, results are thrown away. What batch
 * scoring could reach if reading, choosing rows and writing cost nothing.
 */
final class KernelAlone {

  private final List<EncodedRequest> requests = new ArrayList<>();
  private final Retriever retriever;

  KernelAlone(Scorer scorer, SequenceStore store) {
    Retriever found = scorer.retriever();
    if (found == null) {
      throw new IllegalArgumentException(
          "model " + scorer.name() + " has no search of its items: take one with scoring dot");
    }
    retriever = found;
    store.forEach((user, history) ->
        requests.add(
            EncodedRequest.of(
                scorer.vocabulary(), history, scorer.maxHistory(), List.of(), Map.of())));
  }

  int users() {
    return requests.size();
  }

  /** Ranks everybody once. */
  void run(int threads, int limit) throws InterruptedException {
    AtomicInteger next = new AtomicInteger();
    List<Thread> running = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      running.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = next.getAndIncrement();
                    i < requests.size();
                    i = next.getAndIncrement()) {
                  retriever.retrieve(requests.get(i), limit, row -> true, Parallelism.NONE);
                }
              }));
    }
    for (Thread thread : running) {
      thread.join();
    }
  }
}
