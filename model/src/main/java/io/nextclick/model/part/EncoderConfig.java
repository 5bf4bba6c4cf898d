// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.model.RequestShape;
import io.nextclick.model.block.Gelu;
import io.nextclick.model.block.HiddenLayer;
import io.nextclick.model.block.LayerNorm;
import io.nextclick.model.block.Relu;
import io.nextclick.model.block.RowNorm;
import io.nextclick.model.block.SwiGlu;
import io.nextclick.model.weights.FirstValues;
import io.nextclick.model.weights.PositionTable;
import io.nextclick.model.weights.Tensor;
import io.nextclick.model.weights.Tensor.Decay;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The shape of a Transformer encoder.
 *
 * @param items known items; rows 1 to items of the embedding, row 0 is every unknown item
 * @param dim width of a token, 4 to 1,024
 * @param layers encoder layers, 1 to 12
 * @param heads attention heads; divides {@code dim}
 * @param feedForward inner width of the feed-forward network, 4 to 8,192
 * @param maxHistory history entries read, the newest ones, 1 to 4,096
 * @param activation how the feed-forward network makes its hidden values
 * @param norm where the layer norms stand
 * @param positions where positions come from
 * @param anchor which end of the history positions count from
 * @param finalNorm whether a layer norm follows the last layer
 * @param scaleEmbedding whether item embeddings are multiplied by sqrt(dim), as in the paper's 3.4
 * @param epsilon added to the variance in layer norms
 * @param impressions whether the history has what was only shown
 * @param scoring how a candidate meets the history
 * @param parts what it has beside the layers
 */
public record EncoderConfig(
    int items,
    int dim,
    int layers,
    int heads,
    int feedForward,
    int maxHistory,
    Activation activation,
    Norm norm,
    Positions positions,
    Anchor anchor,
    boolean finalNorm,
    boolean scaleEmbedding,
    float epsilon,
    boolean impressions,
    Scoring scoring,
    Parts parts) {

  private static final RowNorm LAYER_NORM = new LayerNorm();

  /** How feed-forward networks make their hidden values: one file of {@code block} each. */
  public enum Activation {
    RELU,
    /** x Phi(x), with the error function (Hendrycks and Gimpel, arXiv 1606.08415). */
    GELU,
    /** Gated, with twice as wide a map in front (Shazeer, arXiv 2002.05202). */
    SWIGLU;

    /** What does it. */
    public HiddenLayer hidden() {
      return switch (this) {
        case RELU -> new Relu();
        case GELU -> new Gelu();
        case SWIGLU -> new SwiGlu();
      };
    }
  }

  /** Where the layer norms stand. */
  public enum Norm {
    /** {@code x + f(LN(x))} (Xiong et al., arXiv 2002.04745). */
    PRE,
    /** {@code LN(x + f(x))}, as in "Attention is all you need", 3.1. */
    POST,
    /**
     * {@code q = LN(x); h = q + attention(q, x, x); g = LN(h); g + f(g)}: keys and values see the
     * input as it is, and both residuals start from the normalised input (Kang and McAuley, arXiv
     * 1808.09781, as implemented by its authors).
     */
    SASREC
  }

  /** Where positions come from. */
  public enum Positions {
    /** Sine and cosine of "Attention is all you need", 3.5. */
    SINUSOIDAL,
    LEARNED
  }

  /** Which end of the history positions count from. */
  public enum Anchor {
    /**
     * The oldest entry read is at position 0: an event appended leaves the others' inputs alone.
     */
    START,
    /** The newest entry is at position 0. */
    END
  }

  /** How a candidate meets the history. */
  public enum Scoring {
    /** Last history state times item embedding. */
    DOT,
    /**
     * The candidate runs through the layers as one more token, which sees the history and itself.
     */
    ATTEND
  }

  public EncoderConfig {
    require(items >= 0 && items <= 50_000_000, "items", items);
    require(dim >= 4 && dim <= 1_024, "dim", dim);
    require(layers >= 1 && layers <= 12, "layers", layers);
    require(heads >= 1 && dim % Math.max(heads, 1) == 0, "heads", heads);
    require(feedForward >= 4 && feedForward <= 8_192, "feedForward", feedForward);
    require(maxHistory >= 1 && maxHistory <= 4_096, "maxHistory", maxHistory);
    require(epsilon > 0 && epsilon < 1, "epsilon", epsilon);
    for (ModelPart part : parts.all()) {
      String unfit = part.unfit(scoring);
      if (unfit != null) {
        throw new IllegalArgumentException(unfit);
      }
    }
  }

  /** The same for so many items, with parts that fit what is trained on. */
  public EncoderConfig fitted(int known, Parts fitting) {
    return new EncoderConfig(
        known,
        dim,
        layers,
        heads,
        feedForward,
        maxHistory,
        activation,
        norm,
        positions,
        anchor,
        finalNorm,
        scaleEmbedding,
        epsilon,
        impressions,
        scoring,
        fitting);
  }

  /** A plain encoder, to be changed: pre-norm, ReLU, learned positions from the end, no parts. */
  public static Builder builder(int items, Scoring scoring) {
    return new Builder(items, scoring);
  }

  /** Every tensor of this model, in the order of the file. */
  public List<Tensor> tensors() {
    List<Tensor> tensors = new ArrayList<>();
    tensors.add(Tensor.ofItems("item.embedding", items + 1, dim, Decay.GENERAL));
    tensors.add(Tensor.embedding("start.embedding", dim));
    if (positions == Positions.LEARNED) {
      tensors.add(Tensor.embedding("position.embedding", maxHistory, dim));
    }
    if (scoring == Scoring.ATTEND) {
      tensors.add(Tensor.embedding("candidate.embedding", dim));
    }
    addParts(tensors, false);
    for (int layer = 0; layer < layers; layer++) {
      addLayer(tensors, "layers." + layer + ".");
    }
    if (finalNorm) {
      tensors.addAll(rowNorm().tensors("norm", dim));
    }
    addParts(tensors, true);
    if (scoring == Scoring.ATTEND) {
      tensors.add(Tensor.free("head.weight", FirstValues.UNIT, dim));
      tensors.add(Tensor.free("head.bias", FirstValues.ZEROS, 1));
    } else {
      tensors.add(Tensor.free("item.bias", FirstValues.ZEROS, items + 1));
    }
    return tensors;
  }

  private void addParts(List<Tensor> tensors, boolean behindLayers) {
    for (ModelPart part : parts.all()) {
      if (part.behindLayers() == behindLayers) {
        tensors.addAll(part.tensors(this));
      }
    }
  }

  private void addLayer(List<Tensor> tensors, String layer) {
    tensors.addAll(rowNorm().tensors(layer + "norm1", dim));
    for (String map : List.of("query", "key", "value")) {
      tensors.addAll(linear(layer + "attention." + map, dim, dim, FirstValues.XAVIER));
    }
    tensors.addAll(linear(layer + "attention.output", dim, dim, FirstValues.HALF_INPUT));
    tensors.addAll(rowNorm().tensors(layer + "norm2", dim));
    tensors.addAll(
        linear(layer + "feedforward.in", mapped(feedForward), dim, FirstValues.HALF_INPUT));
    tensors.addAll(linear(layer + "feedforward.out", dim, feedForward, FirstValues.HALF_INPUT));
  }

  private static List<Tensor> linear(String name, int out, int in, FirstValues first) {
    return Tensor.linear(name, out, in, first, Decay.GENERAL);
  }

  /** What the model reads of a request. */
  public RequestShape reads() {
    Attributes attributes = parts.get(Attributes.class);
    Context context = parts.get(Context.class);
    Fields fields = parts.get(Fields.class);
    return new RequestShape(
        maxHistory,
        attributes == null ? 0 : attributes.buckets(),
        context == null ? 0 : context.buckets(),
        fields == null ? List.of() : fields.read());
  }

  /** How many values the first map of a feed-forward network makes for so many hidden ones. */
  public int mapped(int inner) {
    return activation.hidden().maps() * inner;
  }

  /** What normalises in the layers and behind them. */
  public RowNorm rowNorm() {
    List<RowNorm> norms = Parts.inSlot(parts.all(), RowNorm.class);
    return norms.isEmpty() ? LAYER_NORM : norms.getFirst();
  }

  /** A place where rows are normalised. */
  public RowNorm.Place normAt(String name) {
    return new RowNorm.Place(name, dim, epsilon);
  }

  /**
   * (maxHistory, dim) what is added to a token for its position; callers must not change it.
   *
   * @param tensors by name
   */
  public float[] positionTable(Function<String, float[]> tensors) {
    return positions == Positions.LEARNED
        ? tensors.apply("position.embedding")
        : PositionTable.sinusoids(maxHistory, dim);
  }

  /** Width of one head. */
  public int headDim() {
    return dim / heads;
  }

  private static void require(boolean condition, String name, Number value) {
    if (!condition) {
      throw new IllegalArgumentException(name + "=" + value + " is out of range");
    }
  }

  /** Says what differs from the plain encoder. */
  public static final class Builder {

    private final int items;
    private final Scoring scoring;
    private int dim = 16;
    private int layers = 1;
    private int heads = 2;
    private int feedForward = 16;
    private int maxHistory = 50;
    private Activation activation = Activation.RELU;
    private Norm norm = Norm.PRE;
    private Positions positions = Positions.LEARNED;
    private Anchor anchor = Anchor.END;
    private boolean finalNorm = true;
    private boolean scaleEmbedding;
    private Parts parts = Parts.NONE;

    private Builder(int items, Scoring scoring) {
      this.items = items;
      this.scoring = scoring;
    }

    /** Width of a token and of the feed-forward network. */
    public Builder width(int tokens, int inner) {
      this.dim = tokens;
      this.feedForward = inner;
      return this;
    }

    /** Layers, and attention heads of each. */
    public Builder layers(int number, int ofHeads) {
      this.layers = number;
      this.heads = ofHeads;
      return this;
    }

    /** History entries read. */
    public Builder history(int entries) {
      this.maxHistory = entries;
      return this;
    }

    /** Non-linearity of the feed-forward network. */
    public Builder activation(Activation of) {
      this.activation = of;
      return this;
    }

    /** Where the layer norms stand, and whether one follows the last layer. */
    public Builder norm(Norm place, boolean atTheEnd) {
      this.norm = place;
      this.finalNorm = atTheEnd;
      return this;
    }

    /** Where positions come from, and which end they count from. */
    public Builder positions(Positions from, Anchor end) {
      this.positions = from;
      this.anchor = end;
      return this;
    }

    /** Whether item embeddings are multiplied by sqrt(dim). */
    public Builder scaleEmbedding(boolean scale) {
      this.scaleEmbedding = scale;
      return this;
    }

    /** What it has beside the layers. */
    public Builder parts(ModelPart... all) {
      this.parts = Parts.of(all);
      return this;
    }

    /** The configuration. */
    public EncoderConfig build() {
      return new EncoderConfig(
          items,
          dim,
          layers,
          heads,
          feedForward,
          maxHistory,
          activation,
          norm,
          positions,
          anchor,
          finalNorm,
          scaleEmbedding,
          1e-6f,
          true,
          scoring,
          parts);
    }
  }
}
