// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.ingest.kafka.IngestStatus.State;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class GroupMemberTest {

  @RegisterExtension static final TestBroker BROKER = new TestBroker();

  @TempDir private Path directory;

  @Test
  void name_staysTheSame_andWhetherOthersHadAShareIsKept() throws Exception {
    GroupMember first = GroupMember.in(directory);
    assertThat(GroupMember.wasShared(directory)).isFalse();

    first.share(true);

    assertThat(GroupMember.in(directory).name()).isEqualTo(first.name());
    assertThat(GroupMember.wasShared(directory)).isTrue();
  }

  @Test
  void damagedFile_isTakenForThatOfAGroupOfSeveral() throws Exception {
    Files.write(directory.resolve(GroupMember.FILE), new byte[] {0, 1, 2, (byte) 0xff});

    assertThat(GroupMember.wasShared(directory)).isTrue();
    assertThat(GroupMember.in(directory).name()).startsWith("nextclick-");
  }

  @Test
  void copyOfAStore_thatReadsInItsName_stopsTheOther_whichSaysSo() throws Exception {
    KafkaSettings settings = BROKER.freshSettings();
    EventPublisher.open(settings).close();
    Path one = directory.resolve("one");
    Path copy = directory.resolve("copy");
    try (RunningIngest first = RunningIngest.start(settings, one)) {
      await().atMost(RunningIngest.PATIENCE).until(() -> first.status().caughtUp());
      Files.createDirectories(copy);
      Files.copy(one.resolve(GroupMember.FILE), copy.resolve(GroupMember.FILE));
      try (RunningIngest second = RunningIngest.start(settings, copy)) {
        await().atMost(RunningIngest.PATIENCE).until(() -> first.status().state() == State.FAILED);
        assertThat(first.status().reason()).contains("its store a copy", GroupMember.FILE);
        assertThat(first.ingest().ownership().readUpTo()).isEmpty();
        await().atMost(RunningIngest.PATIENCE).until(() -> second.status().caughtUp());
      }
    }
  }
}
