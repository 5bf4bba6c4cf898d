// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.log.EventLogWriter;
import io.nextclick.ingest.log.TopicLog;
import io.nextclick.ingest.log.TopicRecord;
import io.nextclick.serving.cli.Nextclick;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ReplayCommandTest {

  @TempDir private Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void replay_toStore_foldsOnceAndSaysHowMuch() throws IOException {
    Path log = writeLog();
    String store = directory.resolve("store").toString();
    assertThat(run("replay", log.toString(), "--to", "store", "--store", store)).isZero();
    assertThat(out.toString()).contains("Folded 3 lines", "1 are no events");

    assertThat(run("replay", log.toString(), "--to", "store", "--store", store)).isZero();
    assertThat(out.toString()).contains("Folded 0 lines", "3 were done before");
  }

  @Test
  void replay_intoNewStoreThatForgetsAsAnother_leavesErasedUsersOut() throws IOException {
    Path erased = directory.resolve("erased.jsonl");
    Files.write(
        erased,
        List.of("{\"id\":\"x\",\"action\":\"erase\",\"user\":\"u1\",\"time\":1600000000009}"));
    String old = directory.resolve("old").toString();
    assertThat(run("replay", erased.toString(), "--to", "store", "--store", old)).isZero();

    Path rebuilt = directory.resolve("new");
    String log = writeLog().toString();
    assertThat(
            run("replay", log, "--to", "store", "--store", rebuilt.toString(), "--forget-as", old))
        .isZero();
    try (var store = RocksDbSequenceStore.openReadOnly(rebuilt)) {
      assertThat(store.get("u1").sequence().isEmpty()).isTrue();
      assertThat(store.partitions().values())
          .singleElement()
          .satisfies(state -> assertThat(state.counters().erased()).isEqualTo(2));
    }
  }

  @Test
  void replay_withRetention_forgetsSilentUsersAndSaysWhatWasTooOld() throws IOException {
    Path log = directory.resolve("silent.jsonl");
    Files.write(
        log,
        Stream.of("silent 0", "awake 7200", "late 0")
            .map(line -> line.split(" "))
            .map(line ->
                EventJson.encode(
                    Event.behaviour(
                        line[0],
                        "click",
                        line[0],
                        "i",
                        1_600_000_000_000L + 1_000 * Long.parseLong(line[1]))))
            .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
            .toList());
    Path into = directory.resolve("store");
    String[] replay = {"replay", log.toString(), "--to", "store", "--store", into.toString()};
    assertThat(run(with(replay, "--retention", "1h"))).isZero();
    assertThat(err.toString()).contains("1 records", "left out", "PT1H");
    try (var store = RocksDbSequenceStore.openReadOnly(into)) {
      assertThat(store.get("awake").sequence().length()).isEqualTo(1);
      assertThat(store.get("silent").sequence().isEmpty()).isTrue();
    }
    assertThat(run(replay)).isEqualTo(1);
    assertThat(err.toString()).contains("retention=PT1H", "retention=off", "into a new store");
    assertThat(run(with(replay, "--retention", "5m"))).isEqualTo(1);
    assertThat(err.toString()).contains("--retention=5m", "from 1 hour to 3650 days");
    assertThat(run(with(replay, "--retention", "long"))).isEqualTo(1);
    assertThat(err.toString()).contains("--retention=long");
  }

  private static String[] with(String[] arguments, String... more) {
    return Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new);
  }

  /** An archive of a user who was erased since: nothing brings him back unless it is spelt out. */
  @Test
  void replay_exportedLog_asksWhomToForget() throws IOException {
    Path log = directory.resolve("topics.jsonl");
    try (EventLogWriter writer = EventLogWriter.open(log)) {
      Event click = Event.behaviour("e1", "click", "u1", "i1", 1_600_000_000_001L);
      SourceRecord record = new SourceRecord(0, 1_600_000_000_001L, click, new byte[0]);
      writer.write(TopicLog.encode(new TopicRecord(new SourcePartition("events", 0), record)));
      writer.commit();
    }
    Path store = directory.resolve("store");
    String[] plain = {"replay", log.toString(), "--to", "store", "--store", store.toString()};
    assertThat(run(plain)).isEqualTo(1);
    assertThat(err.toString()).contains("erased since", "--forget-as", "--forget-nobody");
    assertThat(store).doesNotExist();

    String[] spelt =
        Stream.concat(Stream.of(plain), Stream.of("--forget-nobody")).toArray(String[]::new);
    assertThat(run(spelt)).isZero();
    assertThat(run(plain)).as("begun").isZero();
    assertThat(
            run(
                "replay",
                writeLog().toString(),
                "--to",
                "store",
                "--store",
                directory.resolve("s2").toString()))
        .isZero();
    assertThat(err.toString()).contains("see --forget-as");
  }

  @Test
  void replay_storeWithOtherHistory_failsAndSaysWhatDiffers() throws IOException {
    Path log = writeLog();
    String store = directory.resolve("store").toString();
    run("replay", log.toString(), "--to", "store", "--store", store);
    assertThat(run("replay", log.toString(), "--to", "store", "--store", store, "--history", "8"))
        .isEqualTo(1);
    assertThat(err.toString()).contains("maxHistory=256", "maxHistory=8");
  }

  @Test
  void replay_newStore_keepsImpressionsApart_oneThatExistsGoesOnAsItIs() throws IOException {
    String log = writeLog().toString();
    Path apart = directory.resolve("apart");
    assertThat(run("replay", log, "--to", "store", "--store", apart.toString())).isZero();
    assertThat(capacity(apart)).isEqualTo(new Capacity(256, 256));

    Path one = directory.resolve("one");
    String[] again = {"replay", log, "--to", "store", "--store", one.toString()};
    assertThat(run(with(again, "--impressions", "0"))).isZero();
    assertThat(run(again)).isZero();
    assertThat(capacity(one)).isEqualTo(Capacity.shared(256));
    assertThat(run(with(again, "--impressions", "70"))).isEqualTo(1);
    assertThat(err.toString()).contains("maxImpressions=0", "maxImpressions=70", "--impressions");
    assertThat(run(with(again, "--impressions", "-1"))).isEqualTo(1);
    assertThat(err.toString()).contains("--impressions=-1", "out of range");
  }

  private static Capacity capacity(Path store) throws IOException {
    try (RocksDbSequenceStore read = RocksDbSequenceStore.openReadOnly(store)) {
      return read.settings().capacity();
    }
  }

  @Test
  void replay_wrongArguments_failWithTheReason() throws IOException {
    String log = writeLog().toString();
    assertThat(run("replay", log, "--to", "kafka", "--speed", "fast")).isEqualTo(1);
    assertThat(err.toString()).contains("speed=fast");
    assertThat(run("replay", log, "--to", "kafka", "--client", "sasl.jaas.config=x")).isEqualTo(1);
    assertThat(err.toString()).contains("sasl.jaas.config");
    assertThat(run("replay", log)).isEqualTo(2);
    assertThat(err.toString()).contains("--to");
    String none = directory.resolve("none.jsonl").toString();
    String store = directory.resolve("store").toString();
    assertThat(run("replay", none, "--to", "store", "--store", store)).isEqualTo(1);
    assertThat(err.toString()).contains("none.jsonl");
  }

  private Path writeLog() throws IOException {
    return Files.write(
        directory.resolve("log.jsonl"),
        List.of(
            "{\"id\":\"e1\",\"action\":\"click\",\"user\":\"u1\",\"item\":\"i1\",\"time\":1600000000001}",
            "{\"id\":\"e2\",\"action\":\"click\",\"user\":\"u1\",\"item\":\"i2\",\"time\":1600000000002}",
            "not an event"));
  }

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    CommandLine command = Nextclick.commandLine();
    command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    // A third of the log is no events.
    return command.execute(
        Stream.concat(Stream.of(arguments), Stream.of("--max-refused=50%")).toArray(String[]::new));
  }
}
