// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.nextclick.features.bytes.ByteWriter;
import io.nextclick.model.rank.UserRanker.Ranked;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.stream.IntStream;

/** One JSON object per line and list entry. */
public final class JsonFormat implements PartFormat {

  // Rows are put together from bytes: they are written as fast as a small model ranks.
  private static final JsonStringEncoder STRINGS = JsonStringEncoder.getInstance();
  private static final byte[] PROBABILITY = new ByteWriter().latin1(",\"probability\":").toBytes();
  private static final byte[] NO_PROBABILITY =
      new ByteWriter().raw(PROBABILITY).latin1("null").toBytes();
  private static final byte[] PLACE_PROBABILITY =
      new ByteWriter().latin1(",\"placeProbability\":").toBytes();
  private static final int ROW_BYTES = 144; // besides the version of the model, about
  private static final byte[][] RANKS =
      IntStream.range(0, 1_001).mapToObj(JsonFormat::rankField).toArray(byte[][]::new);

  private static final int SPARES = 32;
  private static final int LARGEST_SPARE = 1 << 20; // bytes

  private record Lines(ByteWriter bytes) implements Encoded {}

  // Buffers are used again while they are still in the cores' caches.
  private final ArrayBlockingQueue<ByteWriter> spares = new ArrayBlockingQueue<>(SPARES);

  @Override
  public String extension() {
    return "jsonl";
  }

  @Override
  public Encoded encode(List<RankedUser> users, String modelVersion) {
    int rows = users.stream().mapToInt(user -> user.list().items().size()).sum();
    ByteWriter spare = spares.poll();
    ByteWriter bytes =
        spare != null ? spare : new ByteWriter(rows * (ROW_BYTES + modelVersion.length()));
    for (RankedUser user : users) {
      write(bytes, user, modelVersion);
    }
    return new Lines(bytes);
  }

  private static void write(ByteWriter out, RankedUser user, String model) {
    Ranked list = user.list();
    if (list.items().isEmpty()) {
      return;
    }
    byte[] first =
        text(new ByteWriter().latin1("{\"user\":\""), user.user())
            .latin1("\",\"item\":\"")
            .toBytes();
    byte[] last =
        text(new ByteWriter().latin1(",\"modelVersion\":\""), model)
            .latin1("\",\"historyOffset\":" + user.historyOffset() + "}\n")
            .toBytes();
    byte[] between = new ByteWriter().raw(last).raw(first).toBytes();
    float[] probabilities = list.probabilities();
    float[] places = user.placeProbabilities();
    for (int i = 0; i < list.scores().length; i++) {
      text(out.raw(i == 0 ? first : between), list.items().get(i));
      number(out.raw(rank(i + 1)), list.scores()[i]);
      if (probabilities == null) {
        out.raw(NO_PROBABILITY);
      } else {
        number(out.raw(PROBABILITY), probabilities[i]);
      }
      if (places != null) {
        number(out.raw(PLACE_PROBABILITY), places[i]);
      }
    }
    out.raw(last);
  }

  /**
   * A number that reads back as the same float. The usual ones are written with so many decimals
   * that no two floats share them: half the time of the fewest possible.
   */
  private static void number(ByteWriter out, float value) {
    float size = Math.abs(value);
    if (size < 0x1p-10f || size >= 1_000) {
      out.latin1(Float.toString(value));
      return;
    }
    if (value < 0) {
      out.u8('-');
    }
    // Floats are at least 2^-23 apart above 1, 2^-29 from 2^-5 on, 2^-34 from 2^-10 on; the
    // products are exact.
    if (size >= 1) {
      long scaled = Math.round(size * 1e7);
      out.digits(scaled / 10_000_000, size < 10 ? 1 : size < 100 ? 2 : 3)
          .u8('.')
          .digits(scaled % 10_000_000, 7);
    } else {
      boolean large = size >= 0x1p-5f;
      out.latin1("0.").digits(Math.round(size * (large ? 1e9 : 1e10)), large ? 9 : 10);
    }
  }

  /** What stands inside the quotes: nearly always the string as it is. */
  private static ByteWriter text(ByteWriter out, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > '~' || c == '"' || c == '\\') {
        return out.raw(STRINGS.quoteAsUTF8(text));
      }
    }
    return out.latin1(text);
  }

  private static byte[] rank(int rank) {
    return rank < RANKS.length ? RANKS[rank] : rankField(rank);
  }

  private static byte[] rankField(int rank) {
    return new ByteWriter().latin1("\",\"rank\":" + rank + ",\"score\":").toBytes();
  }

  @Override
  public Part begin(OutputStream out) {
    return new Part() {
      @Override
      public void append(Encoded rows) throws IOException {
        ByteWriter bytes = ((Lines) rows).bytes();
        bytes.writeTo(out);
        if (bytes.capacity() <= LARGEST_SPARE) {
          spares.offer(bytes.clear());
        }
      }

      @Override
      public void close() {}
    };
  }
}
