// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nextclick.features.file.FileHash;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The lines by which a {@link RotatingLog} chains its frames, and its files, by their hashes. */
final class LogChain {

  /*
   *  {"chain":"begin","file":4,"after":"HASH"}      the first line of a file
   *  {"chain":"end","frames":12,"lines":345}        the only line of the last frame of a closed one
   *  {"chain":"hash","sha256":"HASH"}               the last line of every frame
   *
   * The hash of a frame is SHA-256 over the 32 bytes of the hash before it and the frame's lines,
   * its last one excepted. Before the first frame of a file comes the hash that its first line
   * names: the last one of the file before, or zeros. A file without such lines, of an older
   * format, counts as one frame after zeros.
   */

  /** The hash before the first frame of a log. */
  static final String NONE = "0".repeat(64);

  private static final String MARK = "{\"chain\":\"";
  private static final Pattern BEGIN =
      Pattern.compile("\\{\"chain\":\"begin\",\"file\":(\\d{1,12}),\"after\":\"([0-9a-f]{64})\"}");
  private static final Pattern END =
      Pattern.compile("\\{\"chain\":\"end\",\"frames\":(\\d{1,18}),\"lines\":(\\d{1,18})}");
  private static final Pattern HASH =
      Pattern.compile("\\{\"chain\":\"hash\",\"sha256\":\"([0-9a-f]{64})\"}");

  private LogChain() {}

  static byte[] begin(long file, String after) {
    return "{\"chain\":\"begin\",\"file\":%d,\"after\":\"%s\"}\n"
        .formatted(file, after)
        .getBytes(UTF_8);
  }

  static byte[] end(long frames, long lines) {
    return "{\"chain\":\"end\",\"frames\":%d,\"lines\":%d}\n"
        .formatted(frames, lines)
        .getBytes(UTF_8);
  }

  static byte[] hash(String hash) {
    return "{\"chain\":\"hash\",\"sha256\":\"%s\"}\n".formatted(hash).getBytes(UTF_8);
  }

  /** Whether a line is the chain's, not the log's. */
  static boolean isOurs(String line) {
    return line.startsWith(MARK);
  }

  static Matcher asBegin(String line) {
    return BEGIN.matcher(line);
  }

  static Matcher asEnd(String line) {
    return END.matcher(line);
  }

  static Matcher asHash(String line) {
    return HASH.matcher(line);
  }

  /** Takes the lines of a frame that follows {@code before}. */
  static MessageDigest after(String before) {
    MessageDigest digest = FileHash.digest();
    digest.update(HexFormat.of().parseHex(before));
    return digest;
  }

  /** The hash of the lines taken. */
  static String hash(MessageDigest digest) {
    return FileHash.hex(digest);
  }
}
