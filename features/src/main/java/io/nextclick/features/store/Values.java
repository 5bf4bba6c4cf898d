// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.bytes.ByteReader;
import io.nextclick.features.bytes.ByteWriter;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.item.Item;
import io.nextclick.features.item.StoredItem;
import io.nextclick.features.mapping.EventMapping;
import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.Counters;
import io.nextclick.features.sequence.Erasure;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.QuarantineEntry;
import io.nextclick.features.sequence.Retention;
import io.nextclick.features.sequence.SourcePartition;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The stored values beside the sequences. Each begins with a version byte; fields follow in the
 * order of the code.
 */
final class Values {

  private static final int VERSION = 1;
  private static final int RETAINED = 2;
  private static final int DIGEST_BYTES = 16;

  private Values() {}

  /** Of version 2 if there is anything that only a retention brings. */
  static byte[] partitionState(PartitionState state) {
    Counters counters = state.counters();
    boolean retained = state.watermarkMillis() != Retention.NO_WATERMARK || counters.expired() > 0;
    var out =
        new ByteWriter()
            .u8(retained ? RETAINED : VERSION)
            .string(state.topicId())
            .varint(state.leaderEpoch() + 1L)
            .varint(state.baseOffset())
            .varint(state.nextOffset())
            .varint(counters.applied())
            .varint(counters.duplicate())
            .varint(counters.late())
            .varint(counters.quarantined())
            .varint(counters.erased())
            .raw(unsigned(state.digest()))
            .varint(state.lastAppendTimeMillis() + 1);
    if (retained) {
      out.varint(counters.expired()).varint(state.watermarkMillis() + 1);
    }
    return out.toBytes();
  }

  static PartitionState partitionState(byte[] value) {
    boolean retained = value.length > 0 && value[0] == RETAINED;
    var in = new ByteReader(value, value.length, "partition");
    in.version(retained ? RETAINED : VERSION);
    String topicId = in.string();
    int leaderEpoch = (int) in.varint() - 1;
    long baseOffset = in.varint();
    long nextOffset = in.varint();
    var counters = new Counters(in.varint(), in.varint(), in.varint(), in.varint(), in.varint());
    var digest = new BigInteger(1, in.raw(DIGEST_BYTES));
    long appended = in.varint() - 1;
    long watermark = Retention.NO_WATERMARK;
    if (retained) {
      counters = counters.withExpired(in.varint());
      watermark = in.varint() - 1;
    }
    in.expectEnd();
    return new PartitionState(
        topicId, leaderEpoch, baseOffset, nextOffset, counters, digest, appended, watermark);
  }

  static byte[] item(StoredItem stored) {
    Item item = stored.item();
    return new ByteWriter()
        .u8(VERSION)
        .varint(item.timeMillis())
        .u64(stored.eventIdHash())
        .u8(item.available() ? 1 : 0)
        .attributes(item.attributes())
        .toBytes();
  }

  static StoredItem item(String id, byte[] value) {
    ByteReader in = reader(value, "item");
    long time = in.varint();
    long idHash = in.u64();
    boolean available = in.u8() == 1;
    var stored = new StoredItem(new Item(id, in.attributes(), available, time), idHash);
    in.expectEnd();
    return stored;
  }

  static byte[] erasure(Erasure erasure) {
    return new ByteWriter()
        .u8(VERSION)
        .varint(erasure.offset())
        .varint(erasure.timeMillis())
        .toBytes();
  }

  static Erasure erasure(byte[] value) {
    ByteReader in = reader(value, "erasure");
    var erasure = new Erasure(in.varint(), in.varint());
    in.expectEnd();
    return erasure;
  }

  static byte[] quarantine(QuarantineEntry entry) {
    return new ByteWriter()
        .u8(VERSION)
        .u64(entry.appendTimeMillis())
        .string(entry.rejection().reason().name())
        .string(entry.rejection().detail())
        .varint(entry.length())
        .raw(entry.sha256())
        .varint(entry.head().length)
        .raw(entry.head())
        .toBytes();
  }

  static QuarantineEntry quarantine(SourcePartition partition, long offset, byte[] value) {
    ByteReader in = reader(value, "quarantine");
    long appended = in.u64();
    var rejection = new RejectedEvent(Reason.valueOf(in.string()), in.string());
    int length = (int) in.varint();
    byte[] sha256 = in.raw(32);
    byte[] head = in.raw(in.count(1));
    in.expectEnd();
    return new QuarantineEntry(partition, offset, appended, rejection, length, sha256, head);
  }

  static byte[] settings(FoldSettings settings) {
    var out =
        new ByteWriter()
            .u8(VERSION)
            .varint(settings.foldVersion())
            .varint(settings.capacity().maxHistory())
            .varint(settings.dedupeWindow())
            .varint(settings.maxFutureMillis())
            .varint(settings.actions().size());
    settings.actions().forEach(out::string);
    return out.string(settings.mapping() == null ? "" : settings.mapping().toJson())
        .varint(settings.times().earliest().toEpochMilli())
        .varint(settings.times().latest().toEpochMilli())
        .toBytes();
  }

  /** The stored fold version with the settings, but for retention and room for impressions. */
  record StoredSettings(int foldVersion, FoldSettings settings) {}

  static StoredSettings settings(byte[] value) {
    ByteReader in = reader(value, "settings");
    int foldVersion = (int) in.varint();
    int maxHistory = (int) in.varint();
    int dedupeWindow = (int) in.varint();
    long maxFuture = in.varint();
    int count = in.count(2);
    List<String> actions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      actions.add(in.string());
    }
    // Versions 1 and 2 had no times, version 1 no mapping; they are refused by their numbers.
    String mapping = foldVersion == 1 ? "" : in.string();
    PlausibleTimes times =
        foldVersion < 3
            ? PlausibleTimes.EVER
            : new PlausibleTimes(
                Instant.ofEpochMilli(in.varint()), Instant.ofEpochMilli(in.varint()));
    in.expectEnd();
    return new StoredSettings(
        foldVersion,
        new FoldSettings(
            Capacity.shared(maxHistory),
            dedupeWindow,
            maxFuture,
            actions,
            times,
            mapping.isEmpty() ? null : EventMapping.parse(mapping),
            Retention.OFF));
  }

  /** In a value of its own: a program before it reads the version of the fold, and refuses it. */
  static byte[] retention(Retention retention) {
    return new ByteWriter().u8(VERSION).varint(retention.millis()).toBytes();
  }

  static Retention retention(byte[] value) {
    ByteReader in = reader(value, "retention");
    long millis = in.varint();
    in.expectEnd();
    return new Retention(millis);
  }

  /** The entries of the room for impressions; in a value of its own, as the retention is. */
  static byte[] impressions(Capacity capacity) {
    return new ByteWriter().u8(VERSION).varint(capacity.maxImpressions()).toBytes();
  }

  static int impressions(byte[] value) {
    ByteReader in = reader(value, "impressions");
    int impressions = (int) in.varint();
    in.expectEnd();
    return impressions;
  }

  private static ByteReader reader(byte[] value, String where) {
    var in = new ByteReader(value, value.length, where);
    in.version(VERSION);
    return in;
  }

  private static byte[] unsigned(BigInteger digest) {
    byte[] signed = digest.toByteArray();
    byte[] bytes = new byte[DIGEST_BYTES];
    int length = Math.min(signed.length, DIGEST_BYTES);
    System.arraycopy(signed, signed.length - length, bytes, DIGEST_BYTES - length, length);
    return bytes;
  }
}
