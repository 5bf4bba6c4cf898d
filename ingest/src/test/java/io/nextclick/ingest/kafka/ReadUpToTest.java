// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReadUpToTest {

  private final ReadUpTo upTo = new ReadUpTo();

  @Test
  void moment_isThatOfTheLastQuestionWhoseAnswerWasReached() {
    upTo.ends(at(1), 10, 0);
    upTo.folded(9);
    assertThat(upTo.moment()).isNull();
    assertThat(upTo.lag(9)).isEqualTo(1);

    upTo.ends(at(2), 12, 9);
    upTo.folded(11);
    assertThat(upTo.moment()).isEqualTo(at(1));

    upTo.folded(12);
    assertThat(upTo.moment()).isEqualTo(at(2));
  }

  @Test
  void aLogThatEndsBeforeWhatWasFolded_isAnotherOne_andShowsNothing() {
    upTo.ends(at(1), 10, 0);
    upTo.folded(10);

    upTo.ends(at(2), 3, 10);
    upTo.folded(10);

    assertThat(upTo.moment()).isEqualTo(at(1));
  }

  @Test
  void answersInAnotherOrder_doNotLeadBack() {
    upTo.ends(at(3), 10, 0);
    upTo.ends(at(2), 9, 0);
    upTo.folded(10);

    assertThat(upTo.moment()).isEqualTo(at(3));
  }

  @Test
  void logThatRunsAhead_isFollowedInBoundedSpace() {
    for (int i = 0; i < 10_000; i++) {
      upTo.ends(at(i), 10 * i, 0);
    }
    upTo.folded(50_000);
    assertThat(upTo.moment())
        .satisfiesAnyOf(
            moment -> assertThat(moment).isNull(),
            moment -> assertThat(moment.epochMillis()).isLessThanOrEqualTo(5_000));

    upTo.folded(100_000);
    assertThat(upTo.moment()).isNotNull();
  }

  @Test
  void millisUntil_neverYoungerThanEitherClockSays() {
    Moment start = new Moment(0, 10_000);

    assertThat(start.millisUntil(new Moment(TimeUnit.SECONDS.toNanos(3), 5_000)))
        .as("the wall clock was set back")
        .isEqualTo(3_000);
    assertThat(start.millisUntil(new Moment(TimeUnit.SECONDS.toNanos(3), 70_000)))
        .as("the machine slept")
        .isEqualTo(60_000);
  }

  private static Moment at(int millis) {
    return new Moment(TimeUnit.MILLISECONDS.toNanos(millis), millis);
  }
}
