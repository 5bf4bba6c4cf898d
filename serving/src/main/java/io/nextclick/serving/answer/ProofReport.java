// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.ingest.log.ChainCheck;
import io.nextclick.serving.answer.LoggedAnswer.Shown;
import io.nextclick.serving.answer.Verdict.Outcome;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How many answers are equal, how many differ and why; and the metrics of what was shown. */
public final class ProofReport {

  private static final int TOP = 10;

  private final double tolerance;
  private final ChainCheck chain;
  private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
  private final Map<String, ShownMetrics> live = new TreeMap<>();
  private final ShownMetrics other = new ShownMetrics();
  private long answers;
  private long exact;
  private double largest;
  private long compared;
  private double overlap;
  private long sameFirst;

  /**
   * @param tolerance up to which a difference is none
   * @param chain of the log
   */
  ProofReport(double tolerance, ChainCheck chain) {
    this.tolerance = tolerance;
    this.chain = chain;
  }

  void count(LoggedAnswer answer, Verdict verdict) {
    answers++;
    outcomes.merge(verdict.outcome(), 1L, Long::sum);
    exact += verdict.distance() == 0 ? 1 : 0;
    if (Double.isFinite(verdict.distance())) {
      largest = Math.max(largest, verdict.distance());
    }
  }

  /**
   * Adds what was shown, and the same items in the order of another model.
   *
   * @param calibrated whether the answer's probabilities are click rates
   */
  void shown(LoggedAnswer answer, boolean[] clicked, boolean calibrated, @Nullable Rescorer again) {
    List<Shown> items = answer.items();
    double[] scores = new double[items.size()];
    double[] p = new double[items.size()];
    for (int i = 0; i < p.length; i++) {
      scores[i] = items.get(i).order();
      p[i] = calibrated ? items.get(i).probability() : Double.NaN;
    }
    live.computeIfAbsent(label(answer), key -> new ShownMetrics())
        .add(answer.user(), scores, p, clicked);
    if (again != null && !items.isEmpty()) {
      compare(answer, clicked, again);
    }
  }

  private void compare(LoggedAnswer answer, boolean[] clicked, Rescorer again) {
    List<Shown> items = answer.items();
    Integer[] order = new Integer[items.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    double[] scores = new double[order.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = again.score(items.get(i).item());
    }
    Arrays.sort(order, (a, b) -> Double.compare(scores[b], scores[a]));
    double[] ordered = new double[order.length];
    double[] p = new double[order.length];
    boolean[] labels = new boolean[order.length];
    for (int i = 0; i < order.length; i++) {
      ordered[i] = scores[order[i]];
      p[i] = again.probability(items.get(order[i]).item());
      labels[i] = clicked[order[i]];
    }
    other.add(answer.user(), ordered, p, labels);
    int k = Math.min(TOP, items.size());
    Set<String> first = new HashSet<>();
    items.subList(0, k).forEach(item -> first.add(item.item()));
    long common =
        again.list().subList(0, k).stream().filter(item -> first.contains(item.item())).count();
    overlap += (double) common / k;
    sameFirst += again.list().getFirst().item().equals(items.getFirst().item()) ? 1 : 0;
    compared++;
  }

  /** Baselines have a version for each fit: all fits together. */
  private static String label(LoggedAnswer answer) {
    return answer.model().version().startsWith("records-")
        ? answer.model().name()
        : answer.model().name() + "/" + answer.model().version();
  }

  /** Answers with this outcome. */
  long count(Outcome outcome) {
    return outcomes.getOrDefault(outcome, 0L);
  }

  /**
   * Whether every answer that can be made again is equal, from an equal state, and none is forged.
   */
  public boolean proven() {
    for (Outcome outcome : Outcome.values()) {
      if (outcome.failed() && count(outcome) > 0) {
        return false;
      }
    }
    return count(Outcome.EQUAL) > 0 && chain.isWhole();
  }

  /** Prints all of it; the last line says what came of it. */
  public void print(PrintWriter out, @Nullable String otherName) {
    out.printf("%,d answers%n", answers);
    out.printf(
        "%,10d equal (%,d bit for bit; largest difference %.1e, up to %.1e is equal)%n",
        count(Outcome.EQUAL), exact, largest, tolerance);
    line(out, Outcome.STATE_DIFFERS, "differ, since the rebuilt state does");
    line(out, Outcome.LIST_DIFFERS, "differ from the same state");
    line(out, Outcome.EQUAL_FROM_OTHER_STATE, "equal, though the rebuilt state differs");
    line(out, Outcome.MODEL_MISSING, "whose model is not there");
    line(out, Outcome.NOT_KEPT, "not checked: by rankers that the service fits and does not keep");
    printChain(out);
    out.printf("%nWhat was shown, with its clicks:%n%s%n", ShownMetrics.header());
    live.forEach((model, metrics) -> out.println(metrics.row(model)));
    live.forEach((model, metrics) -> out.printf("%s: %s%n", model, metrics.losses()));
    if (otherName != null && compared > 0) {
      out.printf(
          "%nThe same items in the order of %s:%n%s%n%s%n%s%n",
          otherName, ShownMetrics.header(), other.row(otherName), other.losses());
      out.printf(
          "of the first items of its own lists (up to %d) %.1f %% were shown; the first one is the"
              + " same in %.1f %%%n",
          TOP, 100 * overlap / compared, 100.0 * sameFirst / compared);
    }
    out.println();
    out.println(
        proven()
            ? "Proven: %,d of %,d answers equal".formatted(count(Outcome.EQUAL), answers)
            : "NOT proven: %,d of %,d answers equal%s"
                .formatted(
                    count(Outcome.EQUAL), answers, chain.isWhole() ? "" : ", the log was changed"));
    out.flush();
  }

  /** That the log is as it was written: time, context, number and order of the answers too. */
  private void printChain(PrintWriter out) {
    out.printf(
        "%nThe log: %,d files, %,d frames, %s%n",
        chain.files(),
        chain.frames(),
        chain.isWhole() ? "each as it was written after the one before" : "CHANGED since");
    chain.faults().forEach(fault -> out.println("  " + fault));
    if (chain.moreFaults() > 0) {
      out.printf("  and %,d more%n", chain.moreFaults());
    }
    chain.notes().forEach(note -> out.println("  " + note));
    if (chain.unchained() > 0) {
      out.printf(
          "  %,d files of an older format, without hashes: of these only what the models make again"
              + " is proven%n",
          chain.unchained());
    }
    if (chain.last() != null) {
      out.printf("Last hash: %s%n", chain.last());
    }
  }

  private void line(PrintWriter out, Outcome outcome, String what) {
    if (count(outcome) > 0) {
      out.printf("%,10d %s%n", count(outcome), what);
    }
  }
}
