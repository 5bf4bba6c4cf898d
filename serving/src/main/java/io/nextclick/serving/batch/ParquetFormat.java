// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.model.rank.UserRanker.Ranked;
import io.nextclick.serving.batch.ParquetColumn.Schema;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Parquet with seven flat columns, eight for a decoder's pages: plain values, one page per column
 * and row group, Zstandard. See {@link ParquetColumn} for their types.
 */
public final class ParquetFormat implements PartFormat {

  /** Rows of a row group, at least: what a part under way holds in memory. */
  private static final int GROUP_ROWS = 1 << 17;

  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

  private record Columns(List<ParquetColumn> columns) implements Encoded {}

  private final Schema schema;

  /** Lists. */
  public ParquetFormat() {
    this(Schema.LISTS);
  }

  private ParquetFormat(Schema schema) {
    this.schema = schema;
  }

  /** Pages whose items have probabilities at their places. */
  public static ParquetFormat ofPages() {
    return new ParquetFormat(Schema.PAGES);
  }

  @Override
  public String extension() {
    return "parquet";
  }

  @Override
  public Encoded encode(List<RankedUser> users, String modelVersion) {
    List<ParquetColumn> columns = ParquetColumn.ofSchema(schema);
    byte[] version = modelVersion.getBytes(StandardCharsets.UTF_8);
    for (RankedUser user : users) {
      Ranked list = user.list();
      byte[] id = user.user().getBytes(StandardCharsets.UTF_8);
      float[] places = user.placeProbabilities();
      float[] probabilities = list.probabilities();
      for (int i = 0; i < list.scores().length; i++) {
        columns.get(0).text(id);
        columns.get(1).text(list.items().get(i).getBytes(StandardCharsets.UTF_8));
        columns.get(2).number(i + 1);
        columns.get(3).number(list.scores()[i]);
        columns.get(4).numberOrNull(probabilities == null ? null : probabilities[i]);
        columns.get(5).text(version);
        columns.get(6).numberOrNull(user.historyOffset());
        if (schema == Schema.PAGES) {
          columns.get(7).numberOrNull(places == null ? null : places[i]);
        }
      }
    }
    return new Columns(columns);
  }

  @Override
  public Part begin(OutputStream out) throws IOException {
    out.write(MAGIC);
    return new GroupWriter(out, schema);
  }

  /** Collects rows into row groups, and writes the footer that says where they are. */
  private static final class GroupWriter implements Part {

    private record Group(long rows, long bytes, List<ParquetColumn.Chunk> chunks) {}

    private final OutputStream out;
    private final Schema schema;
    private final List<Group> groups = new ArrayList<>();
    private List<ParquetColumn> columns;
    private long position = MAGIC.length;

    GroupWriter(OutputStream out, Schema schema) {
      this.out = out;
      this.schema = schema;
      this.columns = ParquetColumn.ofSchema(schema);
    }

    @Override
    public void append(Encoded rows) throws IOException {
      List<ParquetColumn> more = ((Columns) rows).columns();
      for (int i = 0; i < columns.size(); i++) {
        columns.get(i).append(more.get(i));
      }
      if (columns.getFirst().rows() >= GROUP_ROWS) {
        writeGroup();
      }
    }

    private void writeGroup() throws IOException {
      List<ParquetColumn.Chunk> chunks = new ArrayList<>();
      long begin = position;
      for (ParquetColumn column : columns) {
        ParquetColumn.Chunk chunk = column.write(out, position);
        position += chunk.bytes();
        chunks.add(chunk);
      }
      groups.add(new Group(columns.getFirst().rows(), position - begin, chunks));
      columns = ParquetColumn.ofSchema(schema);
    }

    @Override
    public void close() throws IOException {
      if (columns.getFirst().rows() > 0) {
        writeGroup();
      }
      byte[] footer = footer();
      out.write(footer);
      for (int shift = 0; shift < 32; shift += 8) {
        out.write(footer.length >>> shift);
      }
      out.write(MAGIC);
    }

    /** FileMetaData of parquet.thrift. */
    private byte[] footer() {
      return new CompactThrift()
          .i32(1, 1)
          .structs(2, ParquetColumn.schema(schema), (thrift, element) -> element.accept(thrift))
          .i64(3, groups.stream().mapToLong(Group::rows).sum())
          .structs(
              4,
              groups,
              (thrift, group) ->
                  thrift
                      .structs(1, group.chunks(), (column, chunk) -> chunk.describe(column))
                      .i64(2, group.bytes())
                      .i64(3, group.rows()))
          .string(6, "nextclick")
          .toBytes();
    }
  }
}
