// SPDX-License-Identifier: Apache-2.0
package io.nextclick.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerTest {

  private static final TopicPartition PARTITION = new TopicPartition("words", 0);

  @Test
  void start_afterCleanStop_keepsTopicsAndRecords(@TempDir Path directory) throws Exception {
    Path home = directory.resolve("broker");
    try (EmbeddedBroker broker = EmbeddedBroker.start(home, 0)) {
      try (Admin admin = Admin.create(connectTo(broker))) {
        admin.createTopics(List.of(new NewTopic("words", 1, (short) 1))).all().get();
      }
      send(broker, "one", "two");
    }
    try (EmbeddedBroker broker = EmbeddedBroker.start(home, 0)) {
      send(broker, "three");
      assertThat(readAll(broker)).containsExactly("one", "two", "three");
    }
    try (Stream<Path> entries = Files.list(directory)) {
      assertThat(entries).containsExactly(home);
    }
  }

  @Test
  void start_portTaken_saysSo(@TempDir Path directory) throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> EmbeddedBroker.start(directory, taken.getLocalPort()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("port=" + taken.getLocalPort());
    }
  }

  private static void send(EmbeddedBroker broker, String... words) throws Exception {
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(connectTo(broker), new StringSerializer(), new StringSerializer())) {
      for (String word : words) {
        producer.send(new ProducerRecord<>("words", word)).get();
      }
    }
  }

  private static List<String> readAll(EmbeddedBroker broker) {
    List<String> words = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            connectTo(broker), new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(PARTITION));
      consumer.seekToBeginning(List.of(PARTITION));
      long end = consumer.endOffsets(List.of(PARTITION)).values().iterator().next();
      while (consumer.position(PARTITION) < end) {
        consumer.poll(Duration.ofSeconds(1)).forEach(record -> words.add(record.value()));
      }
    }
    return words;
  }

  private static Map<String, Object> connectTo(EmbeddedBroker broker) {
    return Map.of("bootstrap.servers", broker.bootstrapServers());
  }
}
