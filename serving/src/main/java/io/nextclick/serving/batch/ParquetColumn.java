// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import com.github.luben.zstd.Zstd;
import io.nextclick.features.bytes.ByteWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The values of one column and row group, in Parquet's plain encoding. Not for several threads. */
final class ParquetColumn {

  /** Which columns an output has. */
  enum Schema {
    LISTS,
    PAGES; // whose items have probabilities at their places

    private List<Kind> kinds() {
      List<Kind> all = List.of(Kind.values());
      return this == PAGES ? all : all.subList(0, all.indexOf(Kind.PLACE_PROBABILITY));
    }
  }

  /** The columns of the output, in order. */
  private enum Kind {
    USER("user", BYTE_ARRAY, false),
    ITEM("item", BYTE_ARRAY, false),
    RANK("rank", INT32, false),
    SCORE("score", FLOAT, false),
    PROBABILITY("probability", FLOAT, true),
    MODEL_VERSION("modelVersion", BYTE_ARRAY, false),
    HISTORY_OFFSET("historyOffset", INT64, true),
    PLACE_PROBABILITY("placeProbability", FLOAT, true);

    private final String column;
    private final int type;
    private final boolean optional;

    Kind(String column, int type, boolean optional) {
      this.column = column;
      this.type = type;
      this.optional = optional;
    }

    /** SchemaElement of parquet.thrift. */
    void describe(CompactThrift thrift) {
      thrift.i32(1, type).i32(3, optional ? 1 : 0).string(4, column);
      if (type == BYTE_ARRAY) {
        thrift.i32(6, UTF8).struct(10, logical -> logical.struct(1, string -> {}));
      }
    }
  }

  /**
   * Where a column of a row group lies.
   *
   * @param bytes with its page header
   * @param plainBytes the same before compression
   */
  record Chunk(Kind kind, long offset, long values, long bytes, long plainBytes) {

    /** ColumnChunk of parquet.thrift. */
    void describe(CompactThrift thrift) {
      thrift
          .i64(2, offset)
          .struct(
              3,
              data ->
                  data.i32(1, kind.type)
                      .i32s(2, List.of(PLAIN, RLE))
                      .strings(3, List.of(kind.column))
                      .i32(4, ZSTD)
                      .i64(5, values)
                      .i64(6, plainBytes)
                      .i64(7, bytes)
                      .i64(9, offset));
    }
  }

  // The numbers of parquet.thrift.
  private static final int INT32 = 1;
  private static final int INT64 = 2;
  private static final int FLOAT = 4;
  private static final int BYTE_ARRAY = 6;
  private static final int UTF8 = 0;
  private static final int PLAIN = 0;
  private static final int RLE = 3;
  private static final int ZSTD = 6;
  private static final int DATA_PAGE = 0;

  private static final int ZSTD_LEVEL = 3;

  private final Kind kind;
  private final ByteWriter values = new ByteWriter();
  private final List<int[]> levels = new ArrayList<>(); // (length, 0 or 1) runs: is a value there
  private int rows;

  private ParquetColumn(Kind kind) {
    this.kind = kind;
  }

  static List<ParquetColumn> ofSchema(Schema schema) {
    List<ParquetColumn> columns = new ArrayList<>();
    for (Kind kind : schema.kinds()) {
      columns.add(new ParquetColumn(kind));
    }
    return columns;
  }

  /** The schema's elements: the root, then each column. */
  static List<Consumer<CompactThrift>> schema(Schema schema) {
    List<Kind> kinds = schema.kinds();
    List<Consumer<CompactThrift>> elements = new ArrayList<>();
    elements.add(thrift -> thrift.string(4, "schema").i32(5, kinds.size()));
    for (Kind kind : kinds) {
      elements.add(kind::describe);
    }
    return elements;
  }

  int rows() {
    return rows;
  }

  void text(byte[] utf8) {
    littleEndian(utf8.length, 4);
    values.raw(utf8);
    present(1, 1);
  }

  void number(int value) {
    littleEndian(value, 4);
    present(1, 1);
  }

  void number(float value) {
    littleEndian(Float.floatToIntBits(value), 4);
    present(1, 1);
  }

  void numberOrNull(@Nullable Float value) {
    if (value != null) {
      littleEndian(Float.floatToIntBits(value), 4);
    }
    present(1, value == null ? 0 : 1);
  }

  void numberOrNull(@Nullable Long value) {
    if (value != null) {
      littleEndian(value, 8);
    }
    present(1, value == null ? 0 : 1);
  }

  /** Adds the rows of another column of the same kind. */
  void append(ParquetColumn more) {
    values.raw(more.values.toBytes());
    more.levels.forEach(run -> present(run[0], run[1]));
  }

  private void present(int count, int level) {
    rows += count;
    if (levels.isEmpty() || levels.getLast()[1] != level) {
      levels.add(new int[] {count, level});
    } else {
      levels.getLast()[0] += count;
    }
  }

  private void littleEndian(long value, int bytes) {
    littleEndian(values, value, bytes);
  }

  private static void littleEndian(ByteWriter out, long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.u8((int) (value >>> (8 * i)) & 0xff);
    }
  }

  /** Writes the one page of this column. */
  Chunk write(OutputStream out, long offset) throws IOException {
    byte[] page = page();
    byte[] compressed = Zstd.compress(page, ZSTD_LEVEL);
    byte[] header =
        new CompactThrift()
            .i32(1, DATA_PAGE)
            .i32(2, page.length)
            .i32(3, compressed.length)
            .struct(5, data -> data.i32(1, rows).i32(2, PLAIN).i32(3, RLE).i32(4, RLE))
            .toBytes();
    out.write(header);
    out.write(compressed);
    return new Chunk(
        kind, offset, rows, header.length + compressed.length, header.length + page.length);
  }

  /** Definition levels where values may be missing, then the values. */
  private byte[] page() {
    if (!kind.optional) {
      return values.toBytes();
    }
    ByteWriter runs = new ByteWriter();
    for (int[] run : levels) {
      runs.varint((long) run[0] << 1).u8(run[1]);
    }
    byte[] encoded = runs.toBytes();
    ByteWriter page = new ByteWriter();
    littleEndian(page, encoded.length, 4);
    return page.raw(encoded).raw(values.toBytes()).toBytes();
  }
}
