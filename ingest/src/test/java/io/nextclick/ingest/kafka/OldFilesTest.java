// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.Fixtures;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.ingest.kafka.careful.PollJournal;
import io.nextclick.ingest.kafka.careful.SkippedOffsets;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The small files beside a store, as earlier versions wrote them; the README beside them says
 * which.
 */
class OldFilesTest {

  private static final SourcePartition EVENTS = new SourcePartition("nextclick-events", 2);
  private static final String TOPIC_ID = "0Y4cqDLWSvSxU3YP7P7v0Q";

  @TempDir private Path directory;

  @Test
  void attempts_ofThen_areCounted() throws Exception {
    try (AttemptJournal journal = new AttemptJournal(copied("beside/ingest-attempts"))) {
      assertThat(journal.failed(batch(EVENTS, TOPIC_ID), 17)).isEqualTo(3);
      assertThat(journal.failed(batch(EVENTS, TOPIC_ID), 18)).isZero();
    }
  }

  /** A journal without ids of topics counts as empty: it might speak of a topic that is gone. */
  @Test
  void attempts_beforeTopicsHadIds_countAsNone() throws Exception {
    try (AttemptJournal journal = new AttemptJournal(copied("beside/ingest-attempts-b5bb0c7"))) {
      SourcePartition partition = new SourcePartition("nextclick-events", 0);
      assertThat(journal.failed(batch(partition, ""), 17)).isZero();
    }
  }

  @Test
  void polls_ofThen_sayWhereItDied() throws Exception {
    try (PollJournal journal = new PollJournal(copied("beside/ingest-polls"))) {
      assertThat(journal.diedReading()).isTrue();
      assertThat(journal.deathsAt(EVENTS, 17)).isEqualTo(1);
      assertThat(journal.deathsAt(EVENTS, 18)).isZero();
    }
  }

  @Test
  void skipped_ofThen_staySkipped() throws Exception {
    SkippedOffsets skipped = new SkippedOffsets(copied("beside/skipped-offsets"));
    SkippedOffsets.Range range = skipped.from(EVENTS, TOPIC_ID, 18);
    assertThat(range).isEqualTo(new SkippedOffsets.Range(EVENTS, TOPIC_ID, 17, 19));
    assertThat(range.records(18, 10))
        .allMatch(record ->
            record.decoded() instanceof RejectedEvent rejected
                && rejected.reason() == RejectedEvent.Reason.SKIPPED)
        .hasSize(2);
    assertThat(skipped.from(new SourcePartition("nextclick-items", 0), "abc", 0)).isNotNull();
    assertThat(skipped.from(EVENTS, "another topic", 17)).isNull();
  }

  @Test
  void member_ofThen_keepsItsName() throws Exception {
    copied("beside/group-member");
    assertThat(GroupMember.wasShared(directory)).isFalse();
    assertThat(GroupMember.in(directory).name()).isEqualTo("nextclick-d022e516ab84424d");
  }

  private static SourceBatch batch(SourcePartition partition, String topicId) {
    return new SourceBatch(partition, topicId, 0, 18, List.of());
  }

  private Path copied(String name) throws IOException {
    Path file = directory.resolve(name.substring(name.indexOf('/') + 1));
    try (InputStream in = Fixtures.open(name)) {
      Files.copy(in, file);
    }
    return file;
  }
}
