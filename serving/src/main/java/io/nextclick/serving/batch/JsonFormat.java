// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.nextclick.features.sequence.ByteWriter;
import io.nextclick.model.rank.UserRanker.Ranked;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One JSON object per line and list entry. */
public final class JsonFormat implements PartFormat {

  // Rows are put together from bytes: they are written as fast as a small model ranks.
  private static final JsonStringEncoder STRINGS = JsonStringEncoder.getInstance();
  private static final byte[] USER = ascii("{\"user\":\"");
  private static final byte[] ITEM = ascii("\",\"item\":\"");
  private static final byte[] RANK = ascii("\",\"rank\":");
  private static final byte[] PROBABILITY = ascii(",\"probability\":");
  private static final byte[] MODEL = ascii(",\"modelVersion\":\"");
  private static final byte[] OFFSET = ascii("\",\"historyOffset\":");

  private record Lines(ByteWriter bytes) implements Encoded {}

  @Override
  public String extension() {
    return "jsonl";
  }

  @Override
  public Encoded encode(List<RankedUser> users, String modelVersion) {
    ByteWriter bytes = new ByteWriter();
    byte[] model = STRINGS.quoteAsUTF8(modelVersion);
    for (RankedUser user : users) {
      write(bytes, user, model);
    }
    return new Lines(bytes);
  }

  private static void write(ByteWriter out, RankedUser user, byte[] model) {
    Ranked list = user.list();
    byte[] begin =
        new ByteWriter().raw(USER).raw(STRINGS.quoteAsUTF8(user.user())).raw(ITEM).toBytes();
    byte[] end =
        new ByteWriter()
            .raw(MODEL)
            .raw(model)
            .raw(OFFSET)
            .raw(ascii(String.valueOf(user.historyOffset())))
            .raw(ascii("}\n"))
            .toBytes();
    for (int i = 0; i < list.probabilities().length; i++) {
      out.raw(begin)
          .raw(STRINGS.quoteAsUTF8(list.items().get(i)))
          .raw(RANK)
          .raw(ascii(Integer.toString(i + 1)))
          .raw(PROBABILITY)
          .raw(ascii(Double.toString(list.probabilities()[i])))
          .raw(end);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public Part begin(OutputStream out) {
    return new Part() {
      @Override
      public void append(Encoded rows) throws IOException {
        out.write(((Lines) rows).bytes().toBytes());
      }

      @Override
      public void close() {}
    };
  }
}
