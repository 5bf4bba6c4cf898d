// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** How a file is compressed, told by the end of its name. */
public enum Compression {
  NONE,
  GZIP,
  ZSTD;

  private static final int BUFFER_BYTES = 1 << 16;

  /** {@code .gz} is gzip, {@code .zst} is Zstandard, all else is plain. */
  public static Compression of(Path file) {
    String name = file.toString();
    return name.endsWith(".gz") ? GZIP : name.endsWith(".zst") ? ZSTD : NONE;
  }

  /**
   * The plain bytes behind {@code in}.
   *
   * @throws IOException if the stream does not begin as this compression does
   */
  public InputStream decompress(InputStream in) throws IOException {
    return switch (this) {
      case NONE -> in;
      case GZIP -> new GZIPInputStream(in, BUFFER_BYTES);
      case ZSTD -> new ZstdInputStream(in);
    };
  }

  /** A stream whose bytes arrive compressed in {@code out}. */
  OutputStream compress(OutputStream out) throws IOException {
    return switch (this) {
      case NONE -> out;
      case GZIP -> new GZIPOutputStream(out, BUFFER_BYTES);
      case ZSTD -> new ZstdOutputStream(out);
    };
  }
}
