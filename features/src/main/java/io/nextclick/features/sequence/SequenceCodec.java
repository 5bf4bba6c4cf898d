// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.bytes.ByteReader;
import io.nextclick.features.bytes.ByteWriter;
import io.nextclick.features.bytes.CorruptRecordException;
import io.nextclick.features.bytes.IdTable;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The stored bytes of a {@link UserSequence}; nobody else knows them.
 *
 * <pre>
 *  u8       version, {@value #VERSION}
 *  varint   attributes time + 1, or 0 without attributes
 *  varint   number of attributes; each: string name, varint values, string value ...
 *  varint   remembered ids;       each: u64 hash
 *  varint   distinct items;       each: string           (the dictionary, by first appearance)
 *  varint   entries (T)
 *  T x varint  item, as place in the dictionary
 *  T x u8      action code
 *  T x varint  time: the first as epoch milliseconds, the others as difference to the one before
 *  16 bytes the first half of SHA-256(user id in UTF-8, 0x00, all bytes above)
 * </pre>
 *
 * A string is a varint length in bytes and UTF-8. The last 16 bytes find flipped bits and values
 * under the wrong key, and are the user's share of the partition digest.
 */
public final class SequenceCodec {

  /** Version of the layout above. */
  public static final int VERSION = 1;

  /** Length of the trailing hash in bytes. */
  public static final int HASH_BYTES = 16;

  /** Items seen lately: half a megabyte of places. */
  private static final IdTable ITEMS = new IdTable(1 << 16);

  private static final MessageDigest SHA_256 = newSha256(); // never fed itself

  private SequenceCodec() {}

  /** The stored value of a user's sequence. */
  public static byte[] encode(String user, UserSequence sequence) {
    var out = new ByteWriter();
    out.u8(VERSION).varint(sequence.attributesTimeMillis() + 1);
    out.attributes(sequence.attributes());
    out.varint(sequence.recentIds().length);
    for (long id : sequence.recentIds()) {
      out.u64(id);
    }
    Map<String, Integer> dictionary = new LinkedHashMap<>();
    int[] places = new int[sequence.length()];
    for (int t = 0; t < places.length; t++) {
      Integer known = dictionary.putIfAbsent(sequence.item(t), dictionary.size());
      places[t] = known == null ? dictionary.size() - 1 : known;
    }
    out.varint(dictionary.size());
    dictionary.keySet().forEach(out::string);
    out.varint(places.length);
    for (int place : places) {
      out.varint(place);
    }
    out.raw(sequence.actions());
    long previous = 0;
    for (long time : sequence.times()) {
      out.varint(time - previous);
      previous = time;
    }
    byte[] payload = out.toBytes();
    byte[] value = Arrays.copyOf(payload, payload.length + HASH_BYTES);
    byte[] hash = hash(user, payload, payload.length);
    System.arraycopy(hash, 0, value, payload.length, HASH_BYTES);
    return value;
  }

  /**
   * Reads a stored value.
   *
   * @throws CorruptRecordException if the bytes are not what {@link #encode} wrote for this user
   */
  public static UserSequence decode(String user, byte[] value) {
    int end = value.length - HASH_BYTES;
    var in = new ByteReader(value, Math.max(end, 0), "sequence");
    in.verify(end > 0, "shorter than its hash");
    in.version(VERSION);
    byte[] stored = Arrays.copyOfRange(value, end, value.length);
    in.verify(Arrays.equals(hash(user, value, end), stored), "hash differs");
    long attributesTime = in.varint() - 1;
    var attributes = in.attributes();
    long[] recentIds = new long[in.count(8)];
    for (int i = 0; i < recentIds.length; i++) {
      recentIds[i] = in.u64();
    }
    String[] dictionary = new String[in.count(2)];
    for (int i = 0; i < dictionary.length; i++) {
      dictionary[i] = in.string(ITEMS);
    }
    int length = in.count(3);
    String[] items = new String[length];
    for (int t = 0; t < length; t++) {
      long place = in.varint();
      in.verify(place < dictionary.length, "item outside the dictionary");
      items[t] = dictionary[(int) place];
    }
    byte[] actions = in.raw(length);
    long[] times = new long[length];
    long previous = 0;
    for (int t = 0; t < length; t++) {
      previous += in.varint();
      times[t] = previous;
    }
    in.expectEnd();
    return new UserSequence(items, actions, times, recentIds, attributes, attributesTime);
  }

  /** The user's share of the partition digest: the value's trailing hash, as an unsigned number. */
  public static BigInteger digest(byte[] value) {
    return new BigInteger(1, Arrays.copyOfRange(value, value.length - HASH_BYTES, value.length));
  }

  /** A number that differs when the value does: the first eight bytes of its hash. */
  public static long version(byte[] value) {
    return new ByteReader(
            Arrays.copyOfRange(value, value.length - HASH_BYTES, value.length), 8, "hash")
        .u64();
  }

  private static byte[] hash(String user, byte[] payload, int length) {
    MessageDigest sha256 = sha256();
    sha256.update(user.getBytes(StandardCharsets.UTF_8));
    sha256.update((byte) 0);
    sha256.update(payload, 0, length);
    return Arrays.copyOf(sha256.digest(), HASH_BYTES);
  }

  static MessageDigest sha256() {
    try {
      return (MessageDigest) SHA_256.clone(); // looking it up each time takes as long as a hash
    } catch (CloneNotSupportedException e) {
      throw new AssertionError("the JDK's SHA-256 can be copied", e);
    }
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
