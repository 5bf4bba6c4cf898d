// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.RocksDbSequenceStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.LongStream;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeadLetterExporterTest {

  private static final SourcePartition PARTITION = new SourcePartition("events", 2);

  @TempDir private Path directory;

  private final MockProducer<byte[], byte[]> producer =
      new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());

  @Test
  void export_acknowledged_movesTheCursorAndSendsNothingTwice() throws Exception {
    try (RocksDbSequenceStore store = storeWithRefused(3)) {
      DeadLetterExporter exporter = new DeadLetterExporter("letters", store, producer);
      assertThat(exporter.export()).isEqualTo(3);
      assertThat(exporter.export()).isZero();
      assertThat(keys()).containsExactly("events-2@0", "events-2@1", "events-2@2");
      assertThat(store.quarantine().exportedTo(PARTITION)).isEqualTo(3);
    }
  }

  @Test
  void export_brokerDoesNotAcknowledge_leavesTheCursorAndSendsAgain() throws Exception {
    MockProducer<byte[], byte[]> slow =
        new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
    try (RocksDbSequenceStore store = storeWithRefused(2)) {
      FutureTask<Integer> export =
          new FutureTask<>(new DeadLetterExporter("letters", store, slow)::export);
      Thread thread = new Thread(export);
      thread.start();
      await().until(() -> slow.history().size() == 2);
      slow.completeNext();
      slow.errorNext(new TimeoutException("away"));
      assertThatThrownBy(export::get).hasStackTraceContaining("away");
      assertThat(store.quarantine().exportedTo(PARTITION)).isZero();

      assertThat(new DeadLetterExporter("letters", store, producer).export()).isEqualTo(2);
      assertThat(keys()).containsExactly("events-2@0", "events-2@1");
    }
  }

  private List<String> keys() {
    return producer.history().stream()
        .map(record -> new String(record.key(), StandardCharsets.UTF_8))
        .toList();
  }

  private RocksDbSequenceStore storeWithRefused(int count) throws Exception {
    RocksDbSequenceStore store = RocksDbSequenceStore.open(directory, FoldSettings.DEFAULT);
    List<SourceRecord> records =
        LongStream.range(0, count)
            .mapToObj(offset ->
                new SourceRecord(
                    offset, 1, new RejectedEvent(Reason.NOT_JSON, "no"), new byte[] {'x'}))
            .toList();
    store.apply(new SourceBatch(PARTITION, "id", 0, count, records));
    return store;
  }
}
