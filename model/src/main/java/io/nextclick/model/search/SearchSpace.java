// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What may be tried on a log.
 *
 * @param arithmetic what it takes
 * @param priors recipes to begin with, the likeliest first
 * @param axes changes of one kind each, the likeliest kind first
 */
public record SearchSpace(Arithmetic arithmetic, List<Prior> priors, List<List<Variation>> axes) {

  private static final long MANY_ITEMS = 20_000;
  private static final double DENSE_EVENTS_PER_ITEM = 100;
  private static final double LONG_HISTORY = 40;

  public SearchSpace {
    priors = List.copyOf(priors);
    axes = axes.stream().map(List::copyOf).toList();
  }

  /**
   * What a log tells beside which item follows which.
   *
   * @param attributes of items
   * @param times that differ
   * @param actions of more than one kind
   */
  public record Told(boolean attributes, boolean times, boolean actions) {

    /** The transition graph with all that the log has for it. */
    private Map<String, String> graph() {
      return attributes ? Map.of("graph", "on", "graph.alike", "true") : Map.of("graph", "on");
    }
  }

  /** What all recipes for the next item have: what this log has room for. */
  private static Map<String, String> ofAll(Arithmetic shape, Told told) {
    Map<String, String> changes = new TreeMap<>(told.graph());
    if (shape.items() > MANY_ITEMS) {
      changes.putAll(Map.of("nextItem", "logq", "negatives", "1000"));
    }
    return changes;
  }

  /** For the next item. */
  public static SearchSpace nextItem(Arithmetic shape, Told told) {
    Map<String, String> ofAll = ofAll(shape, told);
    double perItem = (double) shape.events() / Math.max(1, shape.items());
    boolean dense = perItem >= DENSE_EVENTS_PER_ITEM && shape.medianEvents() >= LONG_HISTORY;
    List<Prior> priors = new ArrayList<>();
    Prior ofDense = new Prior("many events of each item, in long histories", "ml-1m", ofAll);
    Map<String, String> ofSparse = new TreeMap<>(ofAll);
    ofSparse.putAll(
        Map.of(
            "batch", "32",
            "learningRate", "0.003",
            "dropout", "0.3",
            "feedForward", "64",
            "maxHistory", "50",
            "averaging", "0.99",
            "epochs", "40"));
    if (told.attributes) {
      ofSparse.put("attributes", "on");
    }
    Prior sparse =
        new Prior(
            "few events of each item: many small steps, a third of the values dropped"
                + (told.attributes ? ", items known by their attributes" : ""),
            "next-item",
            ofSparse);
    Prior plain = new Prior("the preset for next items", "next-item", ofAll);
    priors.add(dense ? ofDense : sparse);
    priors.add(dense ? plain : ofDense);
    priors.add(dense ? sparse : plain);
    List<List<Variation>> axes = new ArrayList<>();
    if (told.attributes) {
      axes.add(
          List.of(
              of("attributes", "on", "what is known of an item stands for it where it is rare"),
              of("attributes", "off", "attributes of items say little")));
    }
    axes.add(
        List.of(
            of("dropout", "0.3", "a third of the values dropped: less is learnt by heart"),
            of("dropout", "0.5", "half of the values dropped: less is learnt by heart"),
            of("dropout", "0.7", "most values dropped: less is learnt by heart"),
            of("dropout", "0.2", "less dropped: there is enough to learn from")));
    axes.add(
        List.of(
            width("32", "a narrower model: there is little to learn from"),
            width("64", "a model of the usual width"),
            width("128", "a wider model: there is much to tell apart"),
            width("256", "a much wider model: there is much to tell apart")));
    if (shape.items() > MANY_ITEMS) {
      axes.add(
          List.of(
              of("nextItem", "full", "all of a large catalogue as negatives"),
              of("negatives", "3000", "more negatives: nearer to all of them")));
    }
    axes.add(
        List.of(
            of("weightDecay", "0.01", "weights held small"),
            of("weightDecay", "0.1", "weights held smaller")));
    axes.add(
        List.of(
            of("layers", "1", "one layer is enough"),
            of("layers", "3", "three layers see further")));
    axes.add(
        List.of(
            of("learningRate", "0.0005", "smaller steps"),
            of("learningRate", "0.002", "steps of middle size"),
            of("learningRate", "0.005", "larger steps")));
    axes.add(
        List.of(
            of("batch", "16", "more, smaller steps"),
            of("batch", "32", "more, smaller steps"),
            of("batch", "64", "fewer, larger steps")));
    axes.add(
        List.of(
            of("averaging", "0.995", "an average over many steps"),
            of("averaging", "0.9", "an average over few steps")));
    if (shape.items() <= MANY_ITEMS) {
      axes.add(
          List.of(
              of("smoothing", "0.1", "some of the target's probability for all items"),
              of("smoothing", "0.2", "more of it for all items")));
    }
    axes.add(
        List.of(
            of("maxHistory", "20", "what is long ago says little"),
            of("maxHistory", "100", "what is long ago says something")));
    List<Variation> entries = new ArrayList<>();
    if (told.times) {
      entries.add(of("timeGaps", "on", "the pauses between events"));
    }
    if (told.actions) {
      entries.add(of("actions", "on", "what was done with each item"));
    }
    entries.add(of("shift", "2", "the items next to each other, without attention"));
    axes.add(entries);
    axes.add(List.of(of("activation", "swiglu", "hidden values that are gated")));
    return new SearchSpace(shape, priors, axes);
  }

  /** For clicks on impressions. */
  public static SearchSpace clicks(Arithmetic shape) {
    List<Prior> priors =
        List.of(
            new Prior(
                "the preset for clicks, beside what follows what in the log",
                "clicks",
                Map.of("graph", "on")),
            new Prior("the preset for clicks", "clicks", Map.of()),
            new Prior(
                "the same without next items, its steps smaller to the end",
                "clicks",
                Map.of(
                    "nextItemWeight", "0",
                    "learningRate", "0.003",
                    "decline", "1",
                    "weightDecay", "0",
                    "batch", "8")),
            new Prior(
                "candidates that look at the history, one layer, all entries",
                "kuairand",
                Map.of("graph", "on")));
    List<List<Variation>> axes = new ArrayList<>();
    axes.add(
        List.of(
            of("historyWeight", "0.3", "what was shown without a request teaches a little"),
            of("historyWeight", "0", "what was shown without a request says nothing")));
    axes.add(
        List.of(
            of("dropout", "0.05", "less dropped"),
            of("dropout", "0.2", "more dropped: less is learnt by heart")));
    axes.add(
        List.of(
            of("nextItemWeight", "0", "clicks alone"),
            of("nextItemWeight", "0.1", "next items teach the embeddings")));
    axes.add(
        List.of(
            width("32", "a narrower model: there is little to learn from"),
            width("64", "a model of the usual width")));
    axes.add(
        List.of(
            of("crosses", "on", "what user and item say of each other"),
            of("crosses", "off", "attributes say little")));
    axes.add(
        List.of(
            of("graph", "on", "what follows what in the log"),
            of("graph", "off", "what follows what says little")));
    axes.add(
        List.of(
            of("repeats", "3", "how often the history has the candidate"),
            of("repeats", "off", "hardly an item comes twice")));
    axes.add(
        List.of(
            of("interest", "on", "what was acted on in earlier visits"),
            of("interest", "off", "no earlier visits to speak of")));
    axes.add(
        List.of(
            of("transitions", "64", "what was acted on last says what comes next"),
            of("transitions", "off", "what was acted on last says little")));
    axes.add(
        List.of(
            of("weightDecay", "0", "weights free"),
            of("weightDecay", "0.1", "weights held small")));
    axes.add(
        List.of(
            of("learningRate", "0.001", "smaller steps"),
            of("learningRate", "0.002", "smaller steps"),
            of("learningRate", "0.004", "larger steps")));
    axes.add(
        List.of(
            of("batch", "4", "more, smaller steps"),
            of("batch", "16", "fewer, larger steps"),
            of("batch", "32", "fewer, larger steps")));
    axes.add(List.of(of("layers", "1", "one layer is enough"), of("layers", "2", "two layers")));
    axes.add(List.of(of("unknownShare", "0.1", "many items are new ones")));
    return new SearchSpace(shape, priors, axes);
  }

  private static Variation of(String name, String value, String why) {
    return new Variation(why, Map.of(name, value));
  }

  private static Variation width(String dim, String why) {
    return new Variation(why, Map.of("dim", dim));
  }
}
