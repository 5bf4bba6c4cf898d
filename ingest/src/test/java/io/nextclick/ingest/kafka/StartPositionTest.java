// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.sequence.Counters;
import io.nextclick.features.sequence.PartitionState;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;

class StartPositionTest {

  private static final PartitionState AT_50 =
      new PartitionState("topic-a", 3, 0, 50, Counters.ZERO, BigInteger.ZERO, -1);

  @Test
  void of_neverSeen_beginsAtTheFirstRecordThatIsThere() {
    assertThat(StartPosition.of(null, "topic-a", 17, 90))
        .isEqualTo(new StartPosition("topic-a", 17, -1, null));
  }

  @Test
  void of_logThatFits_goesOnAtTheStoredOffset() {
    assertThat(StartPosition.of(AT_50, "topic-a", 50, 50))
        .isEqualTo(new StartPosition("topic-a", 50, 3, null));
  }

  @Test
  void of_stateOfAnExport_goesOnInTheTopicOfTheDay_ifItsOffsetsFit() {
    PartitionState exported = new PartitionState("", -1, 0, 50, Counters.ZERO, BigInteger.ZERO, -1);
    assertThat(StartPosition.of(exported, "topic-a", 17, 90))
        .isEqualTo(new StartPosition("topic-a", 50, -1, null));
    assertThat(StartPosition.of(exported, "topic-a", 0, 49).refusal()).contains("truncated");
  }

  @Test
  void of_logThatDoesNotFit_refusesAndSaysWhy() {
    assertThat(StartPosition.of(AT_50, "topic-b", 0, 90).refusal())
        .contains("re-created", "topic-a", "topic-b");
    assertThat(StartPosition.of(AT_50, "topic-a", 53, 90).refusal()).contains("50 to 52");
    assertThat(StartPosition.of(AT_50, "topic-a", 0, 49).refusal())
        .contains("truncated", "49", "50");
  }
}
