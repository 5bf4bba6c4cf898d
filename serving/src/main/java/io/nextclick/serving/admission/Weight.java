// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.admission;

import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.SlateRequest;
import io.nextclick.serving.rank.RankingLimits;

/** What a request costs, in two classes that wait in lines of their own. */
public enum Weight {
  /** A few candidates: a fraction of the longest request. */
  LIGHT,
  /** Thousands of candidates, the whole catalogue, a long page of many, or an explanation. */
  HEAVY;

  /** Requests with more than one part in this of the candidates allowed are heavy. */
  private static final int PART = 5;

  /** Bodies of more bytes than this are heavy to read. */
  private static final int HEAVY_BODY = 32 << 10;

  /** Pages of more places times candidates than this cost as much as scoring a thousand. */
  private static final int HEAVY_PLACINGS = 10_000;

  /** The class of what has still to be read. */
  public static Weight ofBody(int bytes) {
    return bytes > HEAVY_BODY ? HEAVY : LIGHT;
  }

  /** The class of a request. */
  public static Weight of(RankRequest request, RankingLimits limits) {
    boolean heavy =
        request.candidates() == null
            || request.candidates().items().size() > limits.maxCandidates() / PART
            || Boolean.TRUE.equals(request.explain())
            || (request.slate() != null && placings(request.slate()) > HEAVY_PLACINGS);
    return heavy ? HEAVY : LIGHT;
  }

  private static int placings(SlateRequest slate) {
    return slate.places() * slate.considered();
  }
}
