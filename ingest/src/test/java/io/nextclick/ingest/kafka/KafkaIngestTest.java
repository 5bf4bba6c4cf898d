// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.sequence.BatchOutcome;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.Failpoints;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.IngestStatus.State;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.kafka.client.EventPublisher.Published;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.ingest.kafka.client.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class KafkaIngestTest {

  @RegisterExtension static final TestBroker BROKER = new TestBroker();

  @TempDir private Path directory;

  private final KafkaSettings settings = BROKER.freshSettings();

  @Test
  void publishedEvents_reachHistoriesAndCatalogue() throws Exception {
    Event shoe =
        new Event(
            "s1",
            Event.ITEM,
            null,
            List.of("i1"),
            1_000,
            null,
            Map.of(),
            Map.of("title", List.of("Trail shoe")),
            true);
    try (EventPublisher publisher = EventPublisher.open(settings);
        RunningIngest running = RunningIngest.start(settings, directory)) {
      Published published = publisher.publish(RunningIngest.click(1, "u1")).get();
      publisher.publish(RunningIngest.click(2, "u1")).get();
      publisher.publish(shoe).get();

      assertThat(published.partition().topic()).isEqualTo(settings.eventsTopic());
      awaitRecords(running, 3);
      assertThat(running.store().get("u1").sequence().length()).isEqualTo(2);
      assertThat(running.store().get("u1").partition()).isEqualTo(published.partition());
      assertThat(running.store().items().get("i1")).isNotNull();
      await()
          .atMost(RunningIngest.PATIENCE)
          .untilAsserted(() -> assertThat(running.status().currentAsOf()).isNotNull());
    }
  }

  @Test
  void erase_userWithEventsInTwoPartitions_forgetsBoth() throws Exception {
    createTopics();
    try (KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(
                Map.of("bootstrap.servers", settings.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        EventPublisher publisher = EventPublisher.open(settings);
        RunningIngest running = RunningIngest.start(settings, directory)) {
      // As after a topic grew: the key's partition is another one than it was.
      for (int partition = 0; partition < settings.eventPartitions(); partition++) {
        byte[] value = EventJson.encode(RunningIngest.click(partition, "u1"));
        byte[] key = "u1".getBytes(StandardCharsets.UTF_8);
        producer.send(new ProducerRecord<>(settings.eventsTopic(), partition, key, value)).get();
      }
      awaitRecords(running, settings.eventPartitions());
      long erasedAt = 1_795_341_700_000L;
      publisher
          .publish(
              new Event(
                  "x", Event.ERASE, "u1", List.of(), erasedAt, null, Map.of(), Map.of(), true))
          .get();

      awaitRecords(running, 2L * settings.eventPartitions());
      assertThat(running.store().get("u1").sequence().isEmpty()).isTrue();
      running
          .store()
          .forEachStored((partition, user, value) -> assertThat(user).isNotEqualTo("u1"));
    }
  }

  @Test
  void topicThatGrows_untilAllIsRead_isSaid_andTheStateIsNotFresh() throws Exception {
    // So slow that nothing but our own look can notice.
    KafkaSettings slow = settings.withClient(Map.of("metadata.max.age.ms", "300000"));
    createTopics();
    int before = settings.eventPartitions();
    try (RunningIngest running = RunningIngest.start(slow, directory)) {
      await().atMost(RunningIngest.PATIENCE).until(() -> running.status().caughtUp());
      grow(before + 3);
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() ->
              assertThat(running.status().gaps())
                  .singleElement()
                  .asString()
                  .contains(
                      settings.eventsTopic() + "-" + before,
                      "to " + settings.eventsTopic() + "-" + (before + 2)));
      IngestStatus unread = running.status();
      assertThat(unread.state()).isEqualTo(State.RUNNING);
      assertThat(unread.caughtUp()).isFalse();
    }
  }

  @Test
  void topicThatGrows_isReadWithinSeconds_andHistoriesAreOne() throws Exception {
    // Kafka's own default: the tests' settings look more often.
    KafkaSettings asUsual = settings.withClient(Map.of("session.timeout.ms", "6000"));
    int before = settings.eventPartitions();
    try (EventPublisher publisher = EventPublisher.open(settings);
        KafkaProducer<byte[], byte[]> producer = producer();
        RunningIngest running = RunningIngest.start(asUsual, directory)) {
      publishTwentyUsers(publisher, 0);
      awaitRecords(running, 20);
      grow(before + 3);
      long grown = System.nanoTime();
      send(producer, before, RunningIngest.click(21, "u1"));
      awaitRecords(running, 21);
      assertThat(Duration.ofNanos(System.nanoTime() - grown)).isLessThan(Duration.ofSeconds(20));
      await().atMost(RunningIngest.PATIENCE).until(() -> running.status().caughtUp());
      assertThat(running.store().get("u1").sequence().length()).isEqualTo(2);
    }
  }

  @Test
  void erase_sentByAnotherProducerToOnePartition_reachesAll() throws Exception {
    createTopics();
    try (KafkaProducer<byte[], byte[]> producer = producer();
        RunningIngest running = RunningIngest.start(settings, directory);
        TopicLog log = log()) {
      int partitions = settings.eventPartitions();
      await().atMost(RunningIngest.PATIENCE).until(() -> running.status().caughtUp());
      for (int partition = 0; partition < partitions; partition++) {
        send(producer, partition, RunningIngest.click(partition, "u1"));
      }
      awaitRecords(running, partitions);
      assertThat(running.store().get("u1").sequence().length()).isEqualTo(partitions);

      send(producer, 1, erase("u1"));

      awaitRecords(running, 2L * partitions);
      assertThat(running.store().get("u1").sequence().isEmpty()).isTrue();
      running.store().forEachStored((partition, user, value) -> fail("%s is left", user));
      // Each partition's log tells of it: the state is the fold of the log still.
      LogOracle oracle = new LogOracle(log, RunningIngest.FOLD);
      running.awaitAllRead(oracle);
      assertThat(oracle.differences(running.store())).isEmpty();
      // No copy is passed on again.
      await()
          .during(Duration.ofSeconds(1))
          .atMost(Duration.ofSeconds(2))
          .until(() -> running.status().records() == 2L * partitions);
    }
  }

  @Test
  void erase_ofLongAgo_isNotPassedOnByANewStore() throws Exception {
    createTopics();
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      send(producer, 0, erase("u1"));
      send(producer, 1, RunningIngest.click(1, "u1")); // who came back since
      try (RunningIngest running = RunningIngest.start(settings, directory)) {
        awaitRecords(running, 2);
        send(producer, 0, RunningIngest.click(2, "u2"));
        awaitRecords(running, 3);
        assertThat(running.store().get("u1").sequence().length()).isEqualTo(1);
      }
    }
  }

  private KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", settings.bootstrapServers(), "metadata.max.age.ms", "500"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private void send(KafkaProducer<byte[], byte[]> producer, int partition, Event event)
      throws Exception {
    byte[] key = event.key().getBytes(StandardCharsets.UTF_8);
    byte[] value = EventJson.encode(event);
    producer.send(new ProducerRecord<>(settings.eventsTopic(), partition, key, value)).get();
  }

  private static Event erase(String user) {
    long time = 1_795_341_700_000L;
    return new Event("x", Event.ERASE, user, List.of(), time, null, Map.of(), Map.of(), true);
  }

  private void grow(int partitions) throws Exception {
    try (Admin admin = BROKER.admin()) {
      admin
          .createPartitions(Map.of(settings.eventsTopic(), NewPartitions.increaseTo(partitions)))
          .all()
          .get();
    }
  }

  @Test
  void close_thenStart_readsOnWithoutADouble() throws Exception {
    try (EventPublisher publisher = EventPublisher.open(settings);
        TopicLog log = log()) {
      LogOracle oracle = new LogOracle(log, RunningIngest.FOLD);
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++) {
          var _ = publisher.publish(RunningIngest.click(50 * round + i, "u" + i % 7));
        }
        publisher.flush();
        try (RunningIngest running = RunningIngest.start(settings, directory)) {
          running.awaitAllRead(oracle);
          assertThat(oracle.differences(running.store())).isEmpty();
          assertThat(running.status().records()).isEqualTo(50);
        }
      }
    }
  }

  @Test
  void abortedTransactions_leaveGaps_stateIsTheFoldOfWhatWasCommitted() throws Exception {
    createTopics();
    Random random = new Random(7);
    try (KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(
                Map.of(
                    "bootstrap.servers", settings.bootstrapServers(),
                    "transactional.id", settings.groupId(),
                    "max.in.flight.requests.per.connection", 1),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        RunningIngest running = RunningIngest.start(settings, directory);
        TopicLog log = log()) {
      producer.initTransactions();
      int committed = 0;
      for (int transaction = 0; transaction < 40; transaction++) {
        boolean abort = random.nextInt(10) < 3;
        producer.beginTransaction();
        for (int i = 0; i < 10; i++) {
          Event event = RunningIngest.click(10 * transaction + i, "u" + random.nextInt(20));
          var _ =
              producer.send(
                  new ProducerRecord<>(
                      settings.eventsTopic(),
                      event.key().getBytes(StandardCharsets.UTF_8),
                      EventJson.encode(event)));
        }
        if (abort) {
          producer.flush();
          producer.abortTransaction();
        } else {
          producer.commitTransaction();
          committed += 10;
        }
      }
      LogOracle oracle = new LogOracle(log, RunningIngest.FOLD);
      running.awaitAllRead(oracle);
      assertThat(oracle.differences(running.store())).isEmpty();
      assertThat(running.status().records()).isEqualTo(committed);
      assertThat(committed).isBetween(1, 399);
    }
  }

  @Test
  void topicMadeAgain_whileStopped_stopsItsPartitionsAndKeepsTheState() throws Exception {
    Map<SourcePartition, PartitionState> before = foldTwentyUsers();
    recreateEventsTopic();
    try (EventPublisher publisher = EventPublisher.open(settings);
        RunningIngest running = RunningIngest.start(settings, directory)) {
      publishTwentyUsers(publisher, 20);
      for (SourcePartition partition : before.keySet()) {
        awaitFailure(running, partition, "re-created");
      }
      assertThat(running.store().partitions()).containsAllEntriesOf(before);
      assertThat(running.status().state()).isEqualTo(State.RUNNING);
    }
  }

  @Test
  void topicMadeAgain_whileRunning_isNoticed() throws Exception {
    try (EventPublisher publisher = EventPublisher.open(settings);
        RunningIngest running = RunningIngest.start(settings, directory)) {
      publishTwentyUsers(publisher, 0);
      awaitRecords(running, 20);
      Map<SourcePartition, PartitionState> before = running.store().partitions();
      recreateEventsTopic();
      for (SourcePartition partition : before.keySet()) {
        awaitFailure(running, partition, "re-created");
      }
    }
  }

  @Test
  void retentionPastThePosition_stopsThatPartition_othersGoOn() throws Exception {
    Map<SourcePartition, PartitionState> before = foldTwentyUsers();
    SourcePartition cut = before.keySet().iterator().next();
    long next = before.values().iterator().next().nextOffset();
    try (EventPublisher publisher = EventPublisher.open(settings)) {
      publishTwentyUsers(publisher, 20);
      publishTwentyUsers(publisher, 40);
    }
    try (Admin admin = BROKER.admin()) {
      TopicPartition partition = new TopicPartition(cut.topic(), cut.partition());
      admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(next + 1))).all().get();
    }
    try (RunningIngest running = RunningIngest.start(settings, directory)) {
      awaitFailure(running, cut, "retention");
      await()
          .atMost(RunningIngest.PATIENCE)
          .untilAsserted(() ->
              assertThat(running.store().partitions())
                  .allSatisfy((partition, state) ->
                      assertThat(state.nextOffset())
                          .isEqualTo(
                              partition.equals(cut) ? next : 3 * nextOffset(before, partition))));
    }
  }

  @Test
  void missingTopics_notToBeMade_areNamedAndAwaited() throws Exception {
    try (RunningIngest running = RunningIngest.start(settings.withoutTopicCreation(), directory)) {
      await()
          .atMost(RunningIngest.PATIENCE)
          .untilAsserted(() ->
              assertThat(String.valueOf(running.status().reason()))
                  .contains(settings.eventsTopic(), "createTopics"));
      assertThat(running.status().state()).isEqualTo(State.STARTING);
      createTopics();
      awaitState(running, State.RUNNING);
    }
  }

  @Test
  void itemsTopic_cannotBeDescribedAtFirst_isReadAllTheSame() throws Exception {
    AtomicInteger refusals = new AtomicInteger(2);
    RocksDbSequenceStore store =
        RocksDbSequenceStore.open(directory.resolve("store"), RunningIngest.FOLD);
    try (EventPublisher publisher = EventPublisher.open(settings);
        RunningIngest running =
            new RunningIngest(
                store,
                KafkaIngest.start(
                    settings,
                    IngestSettings.in(directory).withMinFreeBytes(1),
                    store,
                    InstantSource.system(),
                    BatchListener.NONE,
                    () -> refusingItems(refusals)))) {
      publishTwentyUsers(publisher, 0);
      awaitRecords(running, 20);
      assertThat(refusals).hasNonPositiveValue();
    }
  }

  /** The broker's admin, which answers the first questions after the items topic alone too late. */
  private Admin refusingItems(AtomicInteger refusals) {
    Admin admin = BROKER.admin();
    return (Admin)
        Proxy.newProxyInstance(
            Admin.class.getClassLoader(),
            new Class<?>[] {Admin.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("describeTopics")
                  && List.of(settings.itemsTopic()).equals(arguments[0])
                  && refusals.getAndDecrement() > 0) {
                throw new TimeoutException("planted");
              }
              return method.invoke(admin, arguments);
            });
  }

  @Test
  void littleRoom_pausesReading_andGoesOnByItself() throws Exception {
    RoomyStore store = new RoomyStore(directory.resolve("store"));
    try (EventPublisher publisher = EventPublisher.open(settings);
        RunningIngest running = RunningIngest.start(settings, directory, store)) {
      awaitState(running, State.RUNNING);
      store.free = 0;
      awaitState(running, State.PAUSED);
      publishTwentyUsers(publisher, 0);
      await().during(Duration.ofSeconds(1)).until(() -> running.status().records() == 0);
      store.free = Long.MAX_VALUE;
      awaitRecords(running, 20);
      awaitState(running, State.RUNNING);
    }
  }

  @Test
  void brokenStore_stopsItsPartitionWithTheReason() throws Exception {
    RoomyStore store = new RoomyStore(directory.resolve("store"));
    store.broken = true;
    try (EventPublisher publisher = EventPublisher.open(settings);
        RunningIngest running = RunningIngest.start(settings, directory, store)) {
      Published published = publisher.publish(RunningIngest.click(1, "u1")).get();
      awaitFailure(running, published.partition(), "no such disk");
    }
  }

  /** A store whose disk does as the test says. */
  private static final class RoomyStore extends RocksDbSequenceStore {
    volatile long free = Long.MAX_VALUE;
    volatile boolean broken;

    RoomyStore(Path path) throws IOException {
      super(path, RunningIngest.FOLD, Failpoints.NONE, new Random(1));
    }

    @Override
    public BatchOutcome apply(SourceBatch batch) {
      if (broken) {
        throw new UncheckedIOException(new IOException("no such disk"));
      }
      return super.apply(batch);
    }

    @Override
    public long freeBytes() {
      return free;
    }
  }

  private Map<SourcePartition, PartitionState> foldTwentyUsers() throws Exception {
    try (EventPublisher publisher = EventPublisher.open(settings);
        RunningIngest running = RunningIngest.start(settings, directory)) {
      publishTwentyUsers(publisher, 0);
      awaitRecords(running, 20);
      return running.store().partitions();
    }
  }

  private static void publishTwentyUsers(EventPublisher publisher, int firstId) {
    for (int i = 0; i < 20; i++) {
      var _ = publisher.publish(RunningIngest.click(firstId + i, "u" + i));
    }
    publisher.flush();
  }

  private static long nextOffset(
      Map<SourcePartition, PartitionState> states, SourcePartition partition) {
    PartitionState state = states.get(partition);
    return state == null ? -1 : state.nextOffset();
  }

  private void recreateEventsTopic() throws Exception {
    try (Admin admin = BROKER.admin()) {
      admin.deleteTopics(List.of(settings.eventsTopic())).all().get();
      await()
          .atMost(RunningIngest.PATIENCE)
          .until(() -> Topics.missing(admin, settings).contains(settings.eventsTopic()));
      Topics.createMissing(admin, settings);
    }
  }

  private void createTopics() {
    try (Admin admin = BROKER.admin()) {
      Topics.createMissing(admin, settings);
    }
  }

  private TopicLog log() {
    return new TopicLog(settings.bootstrapServers(), settings.eventsTopic(), settings.itemsTopic());
  }

  private static void awaitRecords(RunningIngest running, long records) {
    await()
        .atMost(RunningIngest.PATIENCE)
        .untilAsserted(() -> assertThat(running.status().records()).isEqualTo(records));
  }

  private static void awaitState(RunningIngest running, State state) {
    await()
        .atMost(RunningIngest.PATIENCE)
        .untilAsserted(() -> assertThat(running.status().state()).isEqualTo(state));
  }

  private static void awaitFailure(
      RunningIngest running, SourcePartition partition, String reason) {
    await()
        .atMost(RunningIngest.PATIENCE)
        .untilAsserted(() ->
            assertThat(running.failure(partition))
                .as("%s", running.status())
                .hasValueSatisfying(text -> assertThat(text).contains(reason)));
  }
}
