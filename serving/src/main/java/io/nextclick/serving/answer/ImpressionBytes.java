// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.bytes.ByteReader;
import io.nextclick.features.bytes.ByteWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** The keys and values of the store of impressions. */
final class ImpressionBytes {

  /*
   *  impressions  u64 time, u8 0, request in UTF-8, u8 0, user in UTF-8, u8 0, 8 bytes of a hash of the value
   *                 -> string model, varint items, per item string, u64 bits of p
   *  clicks       request in UTF-8, u8 0, user in UTF-8, u8 0, u64 event time, item in UTF-8
   *                 -> u64 time it was seen
   *  meta         "sums/", model in UTF-8 -> u64 items, u64 clicks, u64 bits of the sum of p
   *               "erased/", user in UTF-8 -> u64 time up to which the user's entries go
   *               "seen/", u64 time it was seen, key of the click -> nothing
   *
   * A click is only put down, whatever comes first, it or its impression, and however often it
   * comes: the same click has the same key. An impression that is old enough is settled: its clicks
   * are looked up and the sums change in the batch that removes it, so that a kill leaves it either
   * waiting or counted.
   *
   * Every list is an impression of its own, also where one request id names many in the same
   * millisecond; the same one that comes again, after a kill, has the same key. A click belongs to the lists of its request that its user was shown.
   *
   * Earlier versions knew no user: "u64 time, request" had the model first, and clicks were "request,
   * u8 0, u64 time, item", where the time begins with a 0 and so the user is empty. Such impressions
   * wait until their window has passed, and take the clicks of any user.
   *
   * Impressions are in the order of time, and clicks have an index by it: what is due is found
   * without a look at what is not.
   */

  static final byte[] SUMS = "sums/".getBytes(StandardCharsets.UTF_8);
  static final byte[] SEEN = "seen/".getBytes(StandardCharsets.UTF_8);
  static final byte[] ERASED = "erased/".getBytes(StandardCharsets.UTF_8);
  private static final int HASH_BYTES = 8;

  private ImpressionBytes() {}

  static byte[] sumsKey(String model) {
    return concat(SUMS, model.getBytes(StandardCharsets.UTF_8));
  }

  /** The model of a key of sums. */
  static String modelOf(byte[] key) {
    return new String(key, SUMS.length, key.length - SUMS.length, StandardCharsets.UTF_8);
  }

  static byte[] sums(ClickSums sums) {
    return new ByteWriter()
        .u64(sums.items())
        .u64(sums.clicks())
        .u64(Double.doubleToLongBits(sums.predicted()))
        .toBytes();
  }

  static ClickSums sums(byte[] value) {
    ByteReader in = new ByteReader(value, value.length, "sums");
    return new ClickSums(in.u64(), in.u64(), Double.longBitsToDouble(in.u64()));
  }

  static byte[] seenKey(long seenMillis, byte[] click) {
    return new ByteWriter().raw(SEEN).u64(seenMillis).raw(click).toBytes();
  }

  static long seenMillis(byte[] value) {
    return new ByteReader(value, value.length, "click").u64();
  }

  /** By a key that begins with a prefix of an impression. */
  static long timeOfClick(byte[] key, byte[] prefix) {
    return ByteBuffer.wrap(key).getLong(startOfTime(key, prefix.length));
  }

  /** By a key that begins with a prefix of an impression. */
  static String itemOfClick(byte[] key, byte[] prefix) {
    int from = startOfTime(key, prefix.length) + Long.BYTES;
    return new String(key, from, key.length - from, StandardCharsets.UTF_8);
  }

  /** Where the time begins, behind the user if there is one that the prefix does not name. */
  private static int startOfTime(byte[] key, int prefix) {
    boolean withUser = key[prefix] != 0;
    int at = prefix;
    while (withUser && key[at] != 0) {
      at++;
    }
    return withUser ? at + 1 : at;
  }

  static long indexedMillis(byte[] key) {
    return ByteBuffer.wrap(key, SEEN.length, Long.BYTES).getLong();
  }

  static byte[] erasedKey(String user) {
    return concat(ERASED, user.getBytes(StandardCharsets.UTF_8));
  }

  /** The user of a key of erased ones. */
  static String erased(byte[] key) {
    return new String(key, ERASED.length, key.length - ERASED.length, StandardCharsets.UTF_8);
  }

  static long timeMillis(byte[] impression) {
    return ByteBuffer.wrap(impression).getLong();
  }

  /** The request of an impression's or a click's key, and the user; empty in an earlier version. */
  record Owner(String request, String user) {}

  static Owner ownerOfImpression(byte[] key) {
    if (key[Long.BYTES] != 0) {
      int from = Long.BYTES;
      return new Owner(new String(key, from, key.length - from, StandardCharsets.UTF_8), "");
    }
    return owner(key, Long.BYTES + 1);
  }

  static Owner ownerOfClick(byte[] key) {
    return owner(key, 0);
  }

  private static Owner owner(byte[] key, int from) {
    int request = end(key, from);
    int user = key[request + 1] == 0 ? request + 1 : end(key, request + 1);
    return new Owner(text(key, from, request), text(key, request + 1, user));
  }

  private static int end(byte[] key, int from) {
    int at = from;
    while (key[at] != 0) {
      at++;
    }
    return at;
  }

  private static String text(byte[] key, int from, int to) {
    return new String(key, from, to - from, StandardCharsets.UTF_8);
  }

  static byte[] key(Impression impression, byte[] value) {
    return new ByteWriter()
        .u64(impression.timeMillis())
        .u8(0)
        .raw(clicksOf(impression.request(), impression.user()))
        .raw(hash(value))
        .toBytes();
  }

  private static byte[] hash(byte[] value) {
    try {
      return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(value), HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  static byte[] value(Impression impression) {
    ByteWriter out = new ByteWriter().string(impression.model()).varint(impression.items().size());
    for (int i = 0; i < impression.items().size(); i++) {
      out.string(impression.items().get(i))
          .u64(Double.doubleToLongBits(impression.probabilities()[i]));
    }
    return out.toBytes();
  }

  /** What the keys of an impression's clicks begin with. */
  static byte[] clicksOf(byte[] impression) {
    return impression[Long.BYTES] == 0
        ? Arrays.copyOfRange(impression, Long.BYTES + 1, impression.length - HASH_BYTES)
        : concat( // of an earlier version
            Arrays.copyOfRange(impression, Long.BYTES, impression.length), new byte[] {0});
  }

  static byte[] clicksOf(String request, String user) {
    return new ByteWriter()
        .raw(request.getBytes(StandardCharsets.UTF_8))
        .u8(0)
        .raw(user.getBytes(StandardCharsets.UTF_8))
        .u8(0)
        .toBytes();
  }

  static byte[] key(Click click) {
    return new ByteWriter()
        .raw(clicksOf(click.request(), click.user()))
        .u64(click.timeMillis())
        .raw(click.item().getBytes(StandardCharsets.UTF_8))
        .toBytes();
  }

  private static byte[] concat(byte[] head, byte[] tail) {
    return new ByteWriter().raw(head).raw(tail).toBytes();
  }

  static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }
}
