// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.ingest.log.RotatingLog;
import io.nextclick.ingest.log.RotatingLog.Limits;
import io.nextclick.serving.api.CandidateList;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.rank.Ranking;
import io.nextclick.serving.rank.StageTimes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerLogTest {

  private static final FoldSettings FOLD =
      FoldSettings.DEFAULT.withTimes(
          new PlausibleTimes(
              PlausibleTimes.bound("1985-01-01"), PlausibleTimes.bound("2050-06-30T12:00:00Z")));
  private static final Limits ROOMY = new Limits(1 << 20, 1 << 24);

  @TempDir private Path directory;

  private final HeapSequenceStore store = new HeapSequenceStore(FOLD);

  @Test
  void stop_afterAnswers_leavesThemInOrderWithHashedUsers() throws Exception {
    UserKey key = UserKey.readOrCreate(directory.resolve("user.key"));
    List<LoggedAnswer> heard = new ArrayList<>();
    AnswerLog log = new AnswerLog(settings(1, 100, key), store, heard::addAll);
    log.start();
    log.answered(ranking("r1", "secret-user"));
    log.answered(ranking("r2", "secret-user"));
    log.stop();

    AnswerLogReader reader = AnswerLogReader.open(directory);
    assertThat(reader.writtenWith(key)).isTrue();
    assertThat(reader.fold()).isEqualTo(FOLD);
    LoggedAnswer first = reader.next();
    assertThat(first).isEqualTo(heard.getFirst());
    assertThat(first).isNotNull();
    assertThat(first.user()).isEqualTo(key.name("secret-user")).hasSize(32);
    assertThat(first.model().calibrated()).isTrue();
    assertThat(first.items()).extracting(LoggedAnswer.Shown::p).containsExactly(0.5, 0.25);
    assertThat(first.items()).extracting(LoggedAnswer.Shown::s).containsExactly(0f, -1.1f);
    assertThat(first.time()).isEqualTo(CLOCK.toEpochMilli());
    assertThat(reader.next()).isEqualTo(heard.getLast());
    assertThat(reader.next()).isNull();
    Path file = RotatingLog.list(directory, "answers").getFirst();
    RotatingLog.frames(file)
        .forEachRemaining(frame ->
            assertThat(new String(frame, StandardCharsets.UTF_8)).doesNotContain("secret-user"));
    assertThat(log.logged()).isEqualTo(2);
  }

  @Test
  void answered_fullQueue_dropsAndCounts() {
    AnswerLog log = new AnswerLog(settings(1, 2, null), store, heard -> {});
    for (int i = 0; i < 5; i++) {
      log.answered(ranking("r" + i, "u"));
    }
    assertThat(log.waiting()).isEqualTo(2);
    assertThat(log.dropped()).isEqualTo(3);
  }

  @Test
  void answered_partOfRequests_logsThatPartByTheRequestAlone() {
    AnswerLog log = new AnswerLog(settings(0.25, 10_000, null), store, heard -> {});
    for (int i = 0; i < 4_000; i++) {
      log.answered(ranking("request-" + i, "u" + i % 7));
    }
    assertThat(log.waiting()).isBetween(850, 1_150);
    long expected =
        IntStream.range(0, 4_000)
            .filter(i -> new RequestSample(0.25).includes("request-" + i))
            .count();
    assertThat(log.waiting()).isEqualTo((int) expected);
    assertThat(new RequestSample(0).includes("r")).isFalse();
    assertThat(new RequestSample(1).includes("r")).isTrue();
  }

  @Test
  void userKey_isReadableByItsOwnerAloneAndStays() throws IOException {
    Path file = directory.resolve("sub").resolve("user.key");
    String name = UserKey.readOrCreate(file).name("u");
    assertThat(UserKey.readOrCreate(file).name("u")).isEqualTo(name);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(UserKey.readOrCreate(directory.resolve("other")).name("u")).isNotEqualTo(name);
  }

  private static final Instant CLOCK = Instant.ofEpochMilli(1_795_341_600_123L);

  private AnswerLog.Settings settings(double sample, int queue, @Nullable UserKey key) {
    return new AnswerLog.Settings(
        directory, new RequestSample(sample), ROOMY, () -> key, "items", queue);
  }

  private static Ranking ranking(String request, String user) {
    RankRequest asked =
        new RankRequest(
            user,
            request,
            CandidateList.of(List.of("a", "b")),
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null);
    RankedList answer =
        new RankedList(
            request,
            new RankedList.Model("m", "v1", true),
            new RankedList.History(0, null, null, null, "no-log"),
            List.of(
                new RankedList.RankedItem("b", 1, 0f, 0.5),
                new RankedList.RankedItem("a", 2, -1.1f, 0.25)),
            null,
            null,
            null,
            null,
            Map.of(),
            null,
            null);
    return new Ranking(
        asked,
        CLOCK.toEpochMilli(),
        FOLD,
        StoredSequence.UNKNOWN,
        null,
        List.of("a", "b"),
        CandidateFields.NONE,
        new float[] {1, 2},
        new StageTimes(),
        answer);
  }
}
