// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.features.encode.Buckets;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.part.Actions;
import io.nextclick.model.part.Attributes;
import io.nextclick.model.part.Context;
import io.nextclick.model.part.Crosses;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Activation;
import io.nextclick.model.part.EncoderConfig.Anchor;
import io.nextclick.model.part.EncoderConfig.Norm;
import io.nextclick.model.part.EncoderConfig.Positions;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.Fields;
import io.nextclick.model.part.Interest;
import io.nextclick.model.part.ItemGraph;
import io.nextclick.model.part.Repeats;
import io.nextclick.model.part.RequestBlock;
import io.nextclick.model.part.RmsNorm;
import io.nextclick.model.part.TimeGaps;
import io.nextclick.model.part.TokenShift;
import io.nextclick.model.part.Transitions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The same model the naive way, in double precision and apart from all kernels: one full sequence
 * per candidate, every layer over every token, a mask that lets token i see tokens up to i.
 */
public final class ReferenceEncoder {

  private final EncoderConfig config;
  private final EncoderWeights weights;
  private final int dim;
  private final boolean requests;

  public ReferenceEncoder(EncoderWeights weights) {
    this(weights, true);
  }

  private ReferenceEncoder(EncoderWeights weights, boolean requests) {
    this.requests = requests;
    this.config = weights.config();
    this.weights = weights;
    this.dim = config.dim();
  }

  /** The same for the loss on next items, where nobody asks: the item and the history alone. */
  public ReferenceEncoder withoutRequests() {
    return new ReferenceEncoder(weights, false);
  }

  public double[] score(EncodedRequest request) {
    double[] scores = new double[request.candidates().length];
    double[] state = config.scoring() == Scoring.DOT ? state(request) : new double[0];
    for (int c = 0; c < scores.length; c++) {
      scores[c] = config.scoring() == Scoring.DOT ? dot(request, state, c) : attend(request, c);
      scores[c] += transition(request, c) + crosses(request, c) + fields(request, c);
      scores[c] = mixed(request, c, scores[c]);
    }
    return scores;
  }

  /** The last token's output and the context: what all candidates are multiplied with. */
  private double[] state(EncodedRequest request) {
    double[][] tokens = history(request);
    if (tokens.length == 0) {
      tokens = new double[][] {row("start.embedding", 0)};
    }
    double[][] out = layers(tokens);
    double[] z = sum(finalNorm(out[out.length - 1]), context(request));
    RequestBlock block = config.parts().get(RequestBlock.class);
    return block == null || !requests
        ? z
        : sum(z, feedForward("request.", norm("request.norm", z), block.width()));
  }

  private double dot(EncodedRequest request, double[] state, int c) {
    double[] item =
        sum(item(request.candidates()[c], request.unknown().ofCandidate(c)), repeat(request, c));
    double sum = weights.get("item.bias")[request.candidates()[c]];
    for (int d = 0; d < dim; d++) {
      sum += state[d] * item[d];
    }
    return sum;
  }

  private double attend(EncodedRequest request, int c) {
    double[][] history = history(request);
    double[][] tokens = Arrays.copyOf(history, history.length + 1);
    double[] item = item(request.candidates()[c], request.unknown().ofCandidate(c));
    double[] candidate = row("candidate.embedding", 0);
    double[] context = context(request);
    double[] repeat = repeat(request, c);
    double scale = config.scaleEmbedding() ? Math.sqrt(dim) : 1;
    double[] token = new double[dim];
    for (int d = 0; d < dim; d++) {
      token[d] = scale * item[d] + candidate[d] + context[d] + repeat[d];
    }
    token = shifted(entries(request), history.length, token);
    tokens[history.length] = token;
    double[] out = finalNorm(layers(tokens)[history.length]);
    double sum = weights.get("head.bias")[0];
    for (int d = 0; d < dim; d++) {
      sum += out[d] * weights.get("head.weight")[d];
    }
    return sum;
  }

  private double[][] layers(double[][] tokens) {
    double[][] x = tokens;
    for (int l = 0; l < config.layers(); l++) {
      x = layer("layers." + l + ".", x);
    }
    return x;
  }

  private double[][] layer(String name, double[][] x) {
    int n = x.length;
    double[][] first = new double[n][];
    for (int t = 0; t < n; t++) {
      first[t] = config.norm() == Norm.POST ? x[t] : norm(name + "norm1", x[t]);
    }
    double[][] keySource = config.norm() == Norm.PRE ? first : x;
    double[][] keys = new double[n][];
    double[][] values = new double[n][];
    for (int t = 0; t < n; t++) {
      keys[t] = linear(name + "attention.key", keySource[t], dim);
      values[t] = linear(name + "attention.value", keySource[t], dim);
    }
    double[][] out = new double[n][];
    for (int t = 0; t < n; t++) {
      double[] attended =
          attention(linear(name + "attention.query", first[t], dim), keys, values, t + 1);
      double[] mixed = linear(name + "attention.output", attended, dim);
      double[] base = config.norm() == Norm.SASREC ? first[t] : x[t];
      double[] h = sum(base, mixed);
      out[t] =
          switch (config.norm()) {
            case PRE ->
                sum(
                    h,
                    feedForward(
                        name + "feedforward.", norm(name + "norm2", h), config.feedForward()));
            case POST -> {
              double[] g = norm(name + "norm1", h);
              yield norm(
                  name + "norm2",
                  sum(g, feedForward(name + "feedforward.", g, config.feedForward())));
            }
            case SASREC -> {
              double[] g = norm(name + "norm2", h);
              yield sum(g, feedForward(name + "feedforward.", g, config.feedForward()));
            }
          };
    }
    return out;
  }

  private double[] attention(double[] q, double[][] keys, double[][] values, int seen) {
    double[] out = new double[dim];
    int headDim = config.headDim();
    for (int h = 0; h < config.heads(); h++) {
      double[] weight = new double[seen];
      double total = 0;
      for (int t = 0; t < seen; t++) {
        double score = 0;
        for (int d = h * headDim; d < (h + 1) * headDim; d++) {
          score += q[d] * keys[t][d];
        }
        weight[t] = Math.exp(score / Math.sqrt(headDim));
        total += weight[t];
      }
      for (int t = 0; t < seen; t++) {
        for (int d = h * headDim; d < (h + 1) * headDim; d++) {
          out[d] += weight[t] / total * values[t][d];
        }
      }
    }
    return out;
  }

  private double[] feedForward(String name, double[] x, int inner) {
    boolean gated = config.activation() == Activation.SWIGLU;
    double[] mapped = linear(name + "in", x, gated ? 2 * inner : inner);
    double[] hidden = new double[inner];
    for (int i = 0; i < inner; i++) {
      hidden[i] =
          switch (config.activation()) {
            case RELU -> Math.max(0, mapped[i]);
            case GELU -> gelu(mapped[i]);
            case SWIGLU -> mapped[i] * mapped[inner + i] / (1 + Math.exp(-mapped[inner + i]));
          };
    }
    return linear(name + "out", hidden, dim);
  }

  /** x times the normal distribution function, integrated by Simpson's rule. */
  private static double gelu(double x) {
    int steps = 60;
    double step = x / steps;
    double area = 0;
    for (int i = 0; i <= steps; i++) {
      double z = i * step;
      double weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
      area += weight * Math.exp(-z * z / 2);
    }
    return x * (0.5 + area * step / 3 / Math.sqrt(2 * Math.PI));
  }

  private double[][] history(EncodedRequest request) {
    double[][] entries = entries(request);
    double[][] tokens = new double[entries.length][];
    for (int t = 0; t < entries.length; t++) {
      tokens[t] = shifted(entries, t, entries[t]);
    }
    return tokens;
  }

  /** The token and what the entries before place {@code t} add to it. */
  private double[] shifted(double[][] entries, int t, double[] token) {
    double[] sum = token.clone();
    TokenShift shift = config.parts().get(TokenShift.class);
    for (int back = 1; back <= Math.min(shift == null ? 0 : shift.entries(), t); back++) {
      double[] weight = row("shift.weight", back - 1);
      for (int d = 0; d < dim; d++) {
        sum[d] += weight[d] * entries[t - back][d];
      }
    }
    return sum;
  }

  private double[][] entries(EncodedRequest request) {
    int length = request.historyItems().length;
    double[][] tokens = new double[length][];
    for (int t = 0; t < length; t++) {
      double[] x = item(request.historyItems()[t], request.unknown().ofHistory(t));
      int position = config.anchor() == Anchor.START ? t : length - 1 - t;
      double[] p = position(position);
      for (int d = 0; d < dim; d++) {
        x[d] = x[d] * (config.scaleEmbedding() ? Math.sqrt(dim) : 1) + p[d];
      }
      if (config.parts().get(Actions.class) != null) {
        x = sum(x, row("action.embedding", request.historyActions()[t]));
      }
      TimeGaps gaps = config.parts().get(TimeGaps.class);
      if (gaps != null) {
        long gap = t == 0 ? 0 : request.historyTimes()[t] - request.historyTimes()[t - 1];
        x = sum(x, row("timegap.embedding", Buckets.ofGap(gap, gaps.buckets())));
      }
      tokens[t] = x;
    }
    return tokens;
  }

  private double[] position(int position) {
    if (config.positions() == Positions.LEARNED) {
      return row("position.embedding", position);
    }
    double[] p = new double[dim];
    for (int i = 0; 2 * i < dim; i++) {
      double angle = position / Math.pow(10_000, 2.0 * i / dim);
      p[2 * i] = Math.sin(angle);
      if (2 * i + 1 < dim) {
        p[2 * i + 1] = Math.cos(angle);
      }
    }
    return p;
  }

  private double[] item(int row, int[] attributes) {
    double[] x = row("item.embedding", row);
    if (row == 0 && config.parts().get(Attributes.class) != null) {
      for (int bucket : attributes) {
        double[] attribute = row("attribute.embedding", bucket);
        for (int d = 0; d < dim; d++) {
          x[d] += attribute[d] / attributes.length;
        }
      }
    }
    return x;
  }

  private static int times(EncodedRequest request, int c) {
    int row = request.candidates()[c];
    int times = 0;
    for (int t = 0; t < request.historyItems().length; t++) {
      boolean acted = request.historyActions()[t] != 0;
      times += row != 0 && acted && request.historyItems()[t] == row ? 1 : 0;
    }
    return times;
  }

  private double[] repeat(EncodedRequest request, int c) {
    int times = times(request, c);
    Repeats part = config.parts().get(Repeats.class);
    boolean none = !requests || part == null || times == 0;
    return none ? new double[dim] : row("repeat.embedding", Math.min(times, part.most()) - 1);
  }

  private double[] context(EncodedRequest request) {
    double[] sum = new double[dim];
    if (config.parts().get(Interest.class) != null && requests) {
      sum = sum(sum, interest(request));
    }
    if (config.parts().get(Context.class) != null) {
      for (var entry : request.userAttributes().entrySet()) {
        for (String value : entry.getValue()) {
          sum = sum(sum, row("context.embedding", bucket(entry.getKey(), value)));
        }
      }
      for (var entry : request.context().entrySet()) {
        sum = sum(sum, row("context.embedding", bucket(entry.getKey(), entry.getValue())));
      }
    }
    return sum;
  }

  private double[] interest(EncodedRequest request) {
    int length = request.historyItems().length;
    double[] sum = new double[dim];
    double[] total = new double[dim];
    for (int t = 0; t < length; t++) {
      int ago = visitsAfter(request, t);
      if (ago == 0 || request.historyActions()[t] == 0) {
        continue;
      }
      double[] x = item(request.historyItems()[t], request.unknown().ofHistory(t));
      for (int d = 0; d < dim; d++) {
        double decay = 1 / (1 + Math.exp(-weights.get("interest.decay")[d]));
        double weight = Math.pow(decay, ago - 1);
        if (config.parts().get(Actions.class) != null) {
          weight *= Math.exp(weights.get("interest.action")[request.historyActions()[t]]);
        }
        sum[d] += weight * x[d];
        total[d] += weight;
      }
    }
    for (int d = 0; d < dim; d++) {
      sum[d] /= 1 + total[d];
    }
    return linear("interest", sum, dim);
  }

  /** What the item acted on last in the visit says of a candidate. */
  private double transition(EncodedRequest request, int c) {
    Transitions part = config.parts().get(Transitions.class);
    int width = part == null ? 0 : part.width();
    for (int t = request.historyItems().length - 1; t >= 0 && width > 0 && requests; t--) {
      if (visitsAfter(request, t) == 0 && request.historyActions()[t] != 0) {
        double sum = 0;
        for (int i = 0; i < width; i++) {
          sum +=
              (double) weights.get("transition.from")[request.historyItems()[t] * width + i]
                  * weights.get("transition.to")[request.candidates()[c] * width + i];
        }
        return sum;
      }
    }
    return 0;
  }

  /** What the numbers that came with a candidate add. */
  private double fields(EncodedRequest request, int c) {
    Fields part = config.parts().get(Fields.class);
    double sum = 0;
    for (int k = 0; part != null && requests && k < part.names().size(); k++) {
      float value = request.fields().length == 0 ? Float.NaN : request.fields()[c][k];
      if (Float.isNaN(value)) {
        sum += weights.get("field.missing")[k];
        continue;
      }
      double z = (value - part.means().get(k)) / part.deviations().get(k);
      int range = 0;
      while (range < 15 && value >= part.edges().get(15 * k + range)) {
        range++;
      }
      sum += weights.get("field.weight")[k] * Math.max(-4, Math.min(4, z));
      sum += weights.get("field.range")[16 * k + range];
    }
    return 8 * sum;
  }

  /** What user, request and history say of the values that a candidate's attributes have. */
  private double crosses(EncodedRequest request, int c) {
    Crosses part = config.parts().get(Crosses.class);
    if (part == null || !requests) {
      return 0;
    }
    int row = request.candidates()[c];
    long hour = request.timeMillis() / 3_600_000;
    double sum = 0;
    long since = Math.round(weights.get("cross.item")[(row + 1) * (part.most() + 1) - 1]);
    if (since >= 0) {
      int doublings = 0;
      for (long days = (hour - since) / 24; days > 0 && doublings < 15; days /= 2) {
        doublings++;
      }
      sum += weights.get("cross.age")[doublings];
    }
    int times = times(request, c);
    sum += times == 0 ? 0 : weights.get("cross.repeat")[Math.min(times, 4) - 1];
    for (int value : values(part, row, request.unknown().ofCandidate(c))) {
      sum += cross(part, request, value, (int) (hour % 24));
    }
    return sum;
  }

  private double cross(Crosses part, EncodedRequest request, int value, int hour) {
    int all = part.values().size();
    double sum = weights.get("cross.hour")[hour * all + value];
    if (config.parts().get(Context.class) != null) {
      for (var entry : request.userAttributes().entrySet()) {
        for (String text : entry.getValue()) {
          int row = bucket(entry.getKey(), text) % part.contexts();
          sum += weights.get("cross.context")[row * all + value];
        }
      }
      for (var entry : request.context().entrySet()) {
        int row = bucket(entry.getKey(), entry.getValue()) % part.contexts();
        sum += weights.get("cross.context")[row * all + value];
      }
    }
    Set<Integer> last = Set.of();
    Set<Integer> before = Set.of();
    int newest = -1;
    for (int t = request.historyItems().length - 1; t >= 0; t--) {
      if (visitsAfter(request, t) > 0 || request.historyActions()[t] == 0) {
        continue;
      }
      int row = request.historyItems()[t];
      if (newest < 0) {
        newest = row;
        last = Set.copyOf(values(part, row, new int[0]));
      } else if (row != newest) {
        before = Set.copyOf(values(part, row, new int[0]));
        break;
      }
    }
    for (int v = 0; v < all; v++) {
      int kind = last.contains(v) ? (before.contains(v) ? 1 : 0) : before.contains(v) ? 2 : -1;
      sum += kind < 0 ? 0 : weights.get("cross.last")[(kind * all + v) * all + value];
    }
    int name = value < part.sizes().getFirst() ? 0 : 1;
    double[] fading = {Double.NaN, 0.7, 0.97};
    for (int speed = 0; speed < 3; speed++) {
      double with = 0;
      double total = 0;
      for (int t = 0; t < request.historyItems().length; t++) {
        int ago = visitsAfter(request, t);
        if (request.historyActions()[t] == 0 || (ago == 0) != (speed == 0)) {
          continue;
        }
        double weight = speed == 0 ? 1 : Math.pow(fading[speed], ago - 1);
        total += weight;
        int row = request.historyItems()[t];
        for (int other : values(part, row, request.unknown().ofHistory(t))) {
          with += other == value ? weight : 0;
        }
      }
      sum += weights.get("cross.share")[speed * 2 + name] * with / (1 + total);
    }
    return sum;
  }

  /** What the graph of items makes of a logit. */
  private double mixed(EncodedRequest request, int c, double logit) {
    ItemGraph part = config.parts().get(ItemGraph.class);
    if (part == null) {
      return logit;
    }
    int candidate = request.candidates()[c];
    int acted = 0;
    int times = 0;
    List<String> tables = new ArrayList<>(List.of("graph.next", "graph.pairs", "graph.far"));
    if (part.alike()) {
      tables.add("graph.alike");
    }
    int all = tables.size();
    double[] sums = new double[all];
    int ago = 0;
    int behind = -1;
    for (int t = request.historyItems().length - 1; t >= 0; t--) {
      int item = request.historyItems()[t];
      if (request.historyActions()[t] != 0) {
        acted++;
        times += item == candidate && item != 0 ? 1 : 0;
        if (item != behind && ago < 10) {
          for (int i = 0; i < all; i++) {
            sums[i] += successor(tables.get(i), part.successors(), item, candidate, ago);
          }
          ago++;
          behind = item;
        }
      }
    }
    int row = acted == 0 ? 0 : Math.min(5, 1 + (int) (Math.log(acted) / Math.log(2)));
    float[] w = weights.get("graph.weights");
    int at = (5 + all) * row;
    double sum = w[at] * logit + w[at + 1 + all] * Math.log(1 + times);
    for (int i = 0; i < all; i++) {
      sum += w[at + 1 + i] * Math.log(1 + Math.max(0, sums[i]) / 0.02);
    }
    for (int i = 0; i < 3; i++) {
      sum += w[at + 2 + all + i] * weights.get("graph.popularity")[3 * candidate + i];
    }
    return sum;
  }

  /** The values of an item: each once, but those of attribute buckets as often as they come. */
  private List<Integer> values(Crosses part, int row, int[] buckets) {
    List<Integer> values = new ArrayList<>();
    for (int k = 0; k < part.most(); k++) {
      int value = Math.round(weights.get("cross.item")[row * (part.most() + 1) + k]);
      if (value >= 0 && value < part.values().size() && !values.contains(value)) {
        values.add(value);
      }
    }
    Attributes attributes = config.parts().get(Attributes.class);
    for (int i = 0; row == 0 && attributes != null && i < buckets.length; i++) {
      for (int v = 0; v < part.values().size(); v++) {
        String name = part.names().get(v < part.sizes().getFirst() ? 0 : 1);
        if (Buckets.of(name, part.values().get(v), attributes.buckets()) == buckets[i]) {
          values.add(v);
          break;
        }
      }
    }
    return values;
  }

  private double successor(String table, int width, int item, int candidate, int ago) {
    double sum = 0;
    for (int i = item * width; i < (item + 1) * width; i++) {
      boolean same = candidate != 0 && weights.get(table + ".items")[i] == candidate;
      sum += same ? Math.pow(0.8, ago) * weights.get(table + ".values")[i] : 0;
    }
    return sum;
  }

  /** How many pauses of more than half an hour lie between an entry and the request. */
  private static int visitsAfter(EncodedRequest request, int entry) {
    long[] times = request.historyTimes();
    int pauses = 0;
    for (int t = entry; t < times.length; t++) {
      long next = t + 1 < times.length ? times[t + 1] : request.timeMillis();
      pauses += next - times[t] > 30 * 60_000 ? 1 : 0;
    }
    return pauses;
  }

  private int bucket(String name, String value) {
    return Buckets.of(name, value, config.reads().contextBuckets());
  }

  private double[] linear(String name, double[] x, int out) {
    float[] w = weights.get(name + ".weight");
    float[] b = weights.get(name + ".bias");
    double[] y = new double[out];
    for (int o = 0; o < out; o++) {
      y[o] = b[o];
      for (int i = 0; i < x.length; i++) {
        y[o] += w[o * x.length + i] * x[i];
      }
    }
    return y;
  }

  private double[] norm(String name, double[] x) {
    if (config.parts().get(RmsNorm.class) != null && !name.startsWith("request")) {
      double squares = Arrays.stream(x).map(v -> v * v).average().orElseThrow();
      double root = Math.sqrt(squares + config.epsilon());
      double[] y = x.clone();
      Arrays.setAll(y, d -> x[d] / root * weights.get(name + ".weight")[d]);
      return y;
    }
    double mean = Arrays.stream(x).average().orElseThrow();
    double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    double[] y = new double[dim];
    for (int d = 0; d < dim; d++) {
      y[d] =
          (x[d] - mean) / Math.sqrt(variance + config.epsilon()) * weights.get(name + ".weight")[d]
              + weights.get(name + ".bias")[d];
    }
    return y;
  }

  private double[] finalNorm(double[] x) {
    return config.finalNorm() ? norm("norm", x) : x;
  }

  private double[] row(String tensor, int row) {
    double[] values = new double[dim];
    for (int d = 0; d < dim; d++) {
      values[d] = weights.get(tensor)[row * dim + d];
    }
    return values;
  }

  private static double[] sum(double[] a, double[] b) {
    double[] sum = new double[a.length];
    Arrays.setAll(sum, i -> a[i] + b[i]);
    return sum;
  }
}
