// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.truth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.broker.EmbeddedBroker;
import io.nextclick.features.sequence.UnreadableStateException;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;

/** One service and its broker, and the ways to damage them and to mend the damage. */
final class FaultGround implements AutoCloseable {

  /** Files that the service may have open. */
  static final int FILES = 800;

  private static final int PARTITIONS = 2;
  private static final int USERS = 800;
  private static final String TOPIC = "nextclick-events";
  private static final Duration SOON = Duration.ofSeconds(60);

  /**
   * Where a fault is named: patterns of what must be found.
   *
   * @param log in the lines since the service started
   */
  record Told(String ready, String health, String metrics, String log) {}

  /** What is done while the service is down. */
  interface Damage {
    void inflict() throws Exception;
  }

  private final Path home;
  private final Path disk;
  private final EmbeddedBroker broker;
  private final ServiceProcess service;
  private final List<Socket> sockets = new ArrayList<>();
  private final String[] users = new String[PARTITIONS];
  private final boolean mounted;
  private int lifeFrom;
  private int sent;
  private volatile boolean up;

  FaultGround(Path directory) throws Exception {
    this.home = directory;
    this.disk = Files.createDirectory(directory.resolve("disk"));
    this.mounted = run("mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", disk.toString());
    this.broker =
        EmbeddedBroker.start(
            directory.resolve("broker"), 0, Map.of("message.max.bytes", "8000000"));
    this.service =
        new ServiceProcess(
            directory.resolve("service"),
            disk.resolve("store"),
            "{servers: \"%s\", partitions: %d}".formatted(broker.bootstrapServers(), PARTITIONS),
            """
            answers: {sample: 1}
            requests: {maxHeaderTime: 2s, maxFirstByteTime: 2s}
            """);
  }

  void start() throws Exception {
    service.startWithFiles(FILES);
    await().atMost(SOON).ignoreExceptions().until(() -> admin("/ready").statusCode() == 200);
    if (sent == 0) {
      anyUsers();
      change(Map.of("max.message.bytes", "8000000"));
      for (int u = 0; u < USERS; u += 100) {
        assertThat(service.events(events(u, 100)).statusCode()).isEqualTo(200);
      }
    }
    up = true;
  }

  /** One of each partition. */
  private void anyUsers() {
    for (int u = 0; u < USERS; u++) {
      users[partition("u" + u)] = "u" + u;
    }
  }

  /** The service ends as it should, and starts again over the damage. */
  void restart(Damage damage) throws Exception {
    up = false;
    service.stop();
    lifeFrom = service.printed().length();
    damage.inflict();
    start();
  }

  HttpResponse<String> admin(String path) throws Exception {
    return service.admin(path);
  }

  /**
   * One more event; it is waited for.
   *
   * @param user 0 for one whose partition is hurt, if any is; 1 for one of the other
   */
  HttpResponse<String> event(int user) throws Exception {
    return service.events(event(users[user]));
  }

  private String events(int from, int count) {
    StringBuilder lines = new StringBuilder();
    for (int u = from; u < from + count; u++) {
      lines.append(event("u" + u)).append('\n');
    }
    return lines.toString();
  }

  private String event(String user) {
    sent++;
    return "{\"id\":\"e%d\",\"action\":\"click\",\"user\":\"%s\",\"item\":\"i%d\",\"time\":%d}"
        .formatted(sent, user, sent % 50, 1_767_225_600_000L + sent);
  }

  private static int partition(String key) {
    return Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % PARTITIONS;
  }

  RankingWatch watchRanking() {
    return new RankingWatch(service, () -> users[1], () -> up);
  }

  void assertThatItIsTold(Told told) throws Exception {
    HttpResponse<String> ready = admin("/ready");
    assertThat(ready.statusCode()).isEqualTo(200);
    assertThat(ready.body()).containsPattern(told.ready());
    assertThat(admin("/healthcheck").body()).containsPattern(told.health());
    assertThat(admin("/metrics").body()).containsPattern(told.metrics());
    String printed = service.printed();
    assertThat(printed.substring(lifeFrom)).containsPattern(told.log());
  }

  // --- clients

  void openConnections(int count, String head) throws IOException {
    for (int i = 0; i < count; i++) {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port());
      sockets.add(socket);
      socket.getOutputStream().write(head.getBytes(UTF_8));
    }
  }

  void closeConnections() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    sockets.clear();
  }

  // --- the log

  /** The broker takes no time that is older than it takes to get there: as of a clock behind. */
  void clocksApart(boolean apart) throws Exception {
    change(
        apart
            ? Map.of("message.timestamp.type", "CreateTime", "message.timestamp.before.max.ms", "0")
            : Map.of(
                "message.timestamp.type",
                "LogAppendTime",
                "message.timestamp.before.max.ms",
                String.valueOf(Long.MAX_VALUE)));
  }

  private void change(Map<String, String> settings) throws Exception {
    List<AlterConfigOp> changes = new ArrayList<>();
    settings.forEach(
        (name, value) -> changes.add(new AlterConfigOp(new ConfigEntry(name, value), OpType.SET)));
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      admin
          .incrementalAlterConfigs(
              Map.of(new ConfigResource(ConfigResource.Type.TOPIC, TOPIC), changes))
          .all()
          .get();
    }
  }

  /** A record that is no event, to partition 0. */
  void send(byte[] value, String compression) throws Exception {
    send(List.of(value), compression);
  }

  private void send(List<byte[]> values, String compression) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "max.request.size",
                100 << 20,
                "buffer.memory",
                150L << 20,
                "linger.ms",
                1_000,
                "compression.type",
                compression),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      List<Future<RecordMetadata>> sends = new ArrayList<>();
      for (byte[] value : values) {
        sends.add(producer.send(new ProducerRecord<>(TOPIC, 0, users[0].getBytes(UTF_8), value)));
      }
      producer.flush();
      for (Future<RecordMetadata> send : sends) {
        send.get();
      }
    }
  }

  /** One bit of the last batch of partition 0, which nobody has read. */
  void damageTheSegment() throws Exception {
    send(List.of(event(users[0]).getBytes(UTF_8), event(users[0]).getBytes(UTF_8)), "none");
    Path segment = largest(home.resolve("broker").resolve(TOPIC + "-0"), ".log");
    flipBit(segment, Files.size(segment) - 3);
  }

  /** The action in the words of the service. */
  void skip() throws Exception {
    Matcher told =
        Pattern.compile("/tasks/skip\\?partition=[\\w-]+&from=\\d+&to=\\d+")
            .matcher(admin("/ready").body());
    assertThat(told.find()).isTrue();
    HttpResponse<String> skipped = service.task(told.group());
    assertThat(skipped.statusCode()).as(skipped.body()).isEqualTo(200);
  }

  // --- the disk

  boolean hasASmallDisk() {
    return mounted;
  }

  void fillTheDisk() throws IOException {
    byte[] part = new byte[256 << 10];
    try (var out = Files.newOutputStream(disk.resolve("filler"))) {
      while (Files.getFileStore(disk).getUsableSpace() > part.length) {
        out.write(part);
      }
    }
  }

  void makeRoom() throws IOException {
    Files.delete(disk.resolve("filler"));
  }

  void damageFiles() throws IOException {
    Path impressions = disk.resolve("impressions");
    Files.move(impressions, disk.resolve("sound"));
    Files.writeString(impressions, "a file where a directory is wanted");
    Files.delete(disk.resolve("user.key"));
    Files.createDirectory(disk.resolve("user.key"));
  }

  void moveDamagedFilesAway() throws IOException {
    Files.move(disk.resolve("impressions"), disk.resolve("damaged-1"));
    Files.move(disk.resolve("user.key"), disk.resolve("damaged-2"));
  }

  /** One bit of a block that holds sequences. */
  void damageABlock() throws IOException {
    Path file = largest(disk.resolve("store"), ".sst");
    for (int part = 1; part < 16; part++) {
      long place = Files.size(file) * part / 16;
      flipBit(file, place);
      if (chooseUsers()) {
        return;
      }
      flipBit(file, place);
    }
    throw new IllegalStateException("no block of " + file + " holds sequences");
  }

  /**
   * One whose own partition cannot be read, and one of the other partition who has nothing to do
   * with it: who has no key in a damaged block may be looked for there all the same.
   */
  private boolean chooseUsers() {
    Map<String, Integer> damaged = new LinkedHashMap<>();
    try (var store = RocksDbSequenceStore.openReadOnly(disk.resolve("store"))) {
      for (int u = 0; u < USERS; u++) {
        try {
          store.get("u" + u);
        } catch (UnreadableStateException e) {
          damaged.put("u" + u, e.partition().partition());
        }
      }
    } catch (IOException e) {
      return false; // it is no block of sequences: the store does not open
    }
    for (Map.Entry<String, Integer> user : damaged.entrySet()) {
      if (partition(user.getKey()) == user.getValue()) {
        users[0] = user.getKey();
        users[1] =
            IntStream.range(0, USERS)
                .mapToObj(u -> "u" + u)
                .filter(u -> partition(u) != user.getValue() && !damaged.containsKey(u))
                .findFirst()
                .orElseThrow();
        return true;
      }
    }
    return false;
  }

  /** Whoever's state is damaged gets the list for all. */
  void rankTheDamaged() throws Exception {
    HttpResponse<String> answer = service.rank(users[0]);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("\"fallback\":\"state-damaged\"");
  }

  void backfill() {
    CommandRun mended =
        CommandRun.of(
            "backfill",
            "--store=" + disk.resolve("mended"),
            "--service=http://127.0.0.1:" + service.adminPort());
    assertThat(mended.status()).as(mended.output()).isZero();
    anyUsers();
  }

  private static Path largest(Path directory, String ending) throws IOException {
    try (var files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(ending))
          .max(Comparator.comparingLong(file -> file.toFile().length()))
          .orElseThrow();
    }
  }

  private static void flipBit(Path path, long place) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(place);
      int old = file.read();
      file.seek(place);
      file.write(old ^ 4);
    }
  }

  private static boolean run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false; // there is no such command
    }
  }

  @Override
  public void close() throws Exception {
    closeConnections();
    service.close();
    broker.close();
    if (mounted) {
      run("umount", "-l", disk.toString());
    }
  }
}
