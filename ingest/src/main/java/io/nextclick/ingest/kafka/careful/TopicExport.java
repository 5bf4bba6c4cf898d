// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.careful;

import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.mapping.EventMapping;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.ingest.kafka.careful.CarefulReader.Cursor;
import io.nextclick.ingest.kafka.careful.CarefulReader.Damage;
import io.nextclick.ingest.kafka.careful.CarefulReader.Records;
import io.nextclick.ingest.kafka.client.ClientProperties;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.ingest.kafka.client.PartitionNames;
import io.nextclick.ingest.kafka.client.RecordDecoder;
import io.nextclick.ingest.kafka.client.Topics;
import io.nextclick.ingest.log.EventLogWriter;
import io.nextclick.ingest.log.TopicLog;
import io.nextclick.ingest.log.TopicRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;

/**
 * Writes the events topic and the items topic, from their beginnings to where they end now, into a
 * topic log.
 */
public final class TopicExport {

  private static final long IDLE_MILLIS = 100;
  private static final int MAX_IDLE = 300;
  private static final int SKIPPED_AT_ONCE = 1_000;

  private final KafkaSettings settings;
  private final @Nullable EventMapping mapping;
  private final @Nullable Path skippedOffsets;
  private final LongConsumer progress;
  private long refused;

  /** A partition on its way to where it ended at the start. */
  private static final class Part {
    final TopicPartition partition;
    final String topicId;
    final long end;
    Cursor cursor;

    Part(TopicPartition partition, String topicId, long end, Cursor cursor) {
      this.partition = partition;
      this.topicId = topicId;
      this.end = end;
      this.cursor = cursor;
    }
  }

  /**
   * @param mapping how records of the events topic become events; null if they are events
   * @param skippedOffsets the file of what an operator has let go; null if there is none
   * @param progress told the number of records so far
   */
  public TopicExport(
      KafkaSettings settings,
      @Nullable EventMapping mapping,
      @Nullable Path skippedOffsets,
      LongConsumer progress) {
    this.settings = settings;
    this.mapping = mapping;
    this.skippedOffsets = skippedOffsets;
    this.progress = progress;
  }

  /**
   * Exports.
   *
   * @return the number of records
   * @throws IOException if the broker does not answer, the log is damaged, or the file cannot be
   *     written
   */
  public long to(Path file) throws IOException {
    try (Admin admin = Admin.create(ClientProperties.admin(settings));
        CarefulReader reader = new CarefulReader(settings, admin);
        EventLogWriter out = EventLogWriter.open(file)) {
      copy(reader, parts(admin, reader), out);
      out.commit();
      return out.lines();
    } catch (KafkaException e) {
      throw new IOException(
          "No answer from Kafka at %s: %s".formatted(settings.bootstrapServers(), e.getMessage()),
          e);
    }
  }

  /** How many of the exported records are no events. */
  public long refused() {
    return refused;
  }

  private List<Part> parts(Admin admin, CarefulReader reader) throws IOException {
    List<String> names = List.of(settings.eventsTopic(), settings.itemsTopic());
    Map<String, TopicDescription> topics = Topics.describe(admin, names);
    Map<TopicPartition, String> ids = new LinkedHashMap<>();
    for (String name : names) {
      TopicDescription topic = topics.get(name);
      if (topic == null) {
        throw new IOException("the topic " + name + " does not exist");
      }
      topic
          .partitions()
          .forEach(info ->
              ids.put(new TopicPartition(name, info.partition()), topic.topicId().toString()));
    }
    Map<TopicPartition, Long> first = offsets(admin, ids.keySet(), OffsetSpec.earliest());
    Map<TopicPartition, Long> ends = offsets(admin, ids.keySet(), OffsetSpec.latest());
    List<Part> parts = new ArrayList<>();
    ids.forEach((partition, id) -> {
      long from = first.getOrDefault(partition, 0L);
      long end = ends.getOrDefault(partition, 0L);
      if (from < end) {
        parts.add(new Part(partition, id, end, reader.open(partition, id, from)));
      }
    });
    return parts;
  }

  private static Map<TopicPartition, Long> offsets(
      Admin admin, Set<TopicPartition> partitions, OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    partitions.forEach(partition -> asked.put(partition, spec));
    ListOffsetsOptions committed = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
    Map<TopicPartition, Long> offsets = new HashMap<>();
    Topics.await(admin.listOffsets(asked, committed).all())
        .forEach((partition, found) -> offsets.put(partition, found.offset()));
    return offsets;
  }

  /** A part of each partition in turn, so that the times of what stands together are near. */
  private void copy(CarefulReader reader, List<Part> parts, EventLogWriter out) throws IOException {
    SkippedOffsets skipped = new SkippedOffsets(skippedOffsets);
    // Who reads the export judges times, by the settings of the fold that it is read for.
    RecordDecoder events = RecordDecoder.ofEvents(PlausibleTimes.EVER, mapping);
    RecordDecoder items = RecordDecoder.ofItems(PlausibleTimes.EVER);
    String away = "";
    int idle = 0;
    while (!parts.isEmpty()) {
      boolean moved = false;
      for (Part part : parts) {
        long before = part.cursor.position();
        boolean ofItems = part.partition.topic().equals(settings.itemsTopic());
        try {
          copyPart(reader, part, ofItems ? items : events, skipped, out);
        } catch (RetriableException e) {
          away = ": " + e.getMessage();
        }
        moved |= part.cursor.position() > before;
      }
      progress.accept(out.lines());
      parts.removeIf(part -> part.cursor.position() >= part.end);
      idle = moved ? 0 : idle + 1;
      if (idle > MAX_IDLE) {
        throw new IOException(
            "Kafka gives no more records of "
                + parts.stream().map(part -> part.partition).toList()
                + away);
      }
      if (!moved && !parts.isEmpty()) {
        pause();
      }
    }
  }

  private void copyPart(
      CarefulReader reader,
      Part part,
      RecordDecoder decoder,
      SkippedOffsets skipped,
      EventLogWriter out)
      throws IOException {
    SourcePartition source = PartitionNames.source(part.partition);
    SkippedOffsets.Range skip = skipped.from(source, part.topicId, part.cursor.position());
    if (skip != null && skip.from() <= part.cursor.position()) {
      copySkipped(reader, part, skip, out);
      return;
    }
    long until = skip == null ? part.end : Math.min(part.end, skip.from());
    switch (part.cursor.next()) {
      case Records read -> {
        for (ConsumerRecord<byte[], byte[]> record : read.records()) {
          if (record.offset() < until) {
            write(source, decoder.decode(record), out);
          }
        }
        if (skip != null && read.next().offset() > skip.from()) {
          reopen(reader, part, skip.from());
        } else if (read.isLast()) {
          reopen(reader, part, read.next().offset());
        }
      }
      case Damage damage -> {
        if (skip == null || damage.from() < skip.from()) {
          throw new IOException(
              "%s: offset %d cannot be read: %s; mend the log, or let it go where it is folded (POST /tasks/skip), and give the file skipped-offsets from beside that store"
                  .formatted(source, damage.from(), damage.why()));
        }
        reopen(reader, part, skip.from());
      }
    }
  }

  private void copySkipped(
      CarefulReader reader, Part part, SkippedOffsets.Range skip, EventLogWriter out)
      throws IOException {
    long at = part.cursor.position();
    while (at <= skip.to()) {
      for (SourceRecord record : skip.records(at, SKIPPED_AT_ONCE)) {
        write(PartitionNames.source(part.partition), record, out);
      }
      at += SKIPPED_AT_ONCE;
    }
    reopen(reader, part, skip.to() + 1);
  }

  private static void reopen(CarefulReader reader, Part part, long offset) {
    part.cursor.close();
    part.cursor = reader.open(part.partition, part.topicId, offset);
  }

  private void write(SourcePartition partition, SourceRecord record, EventLogWriter out)
      throws IOException {
    refused += record.decoded() instanceof RejectedEvent ? 1 : 0;
    out.write(TopicLog.encode(new TopicRecord(partition, record)));
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(IDLE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
