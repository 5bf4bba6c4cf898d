// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.FoldSettings;
import org.junit.jupiter.api.Test;

class WantedRoomsTest {

  private static final FoldSettings SHARED = FoldSettings.DEFAULT.withMaxHistory(500);
  private static final FoldSettings APART =
      FoldSettings.DEFAULT.withCapacity(new Capacity(300, 70));

  @Test
  void ofNew_nothingAsked_isAsBeforeButKeepsImpressionsApart() {
    WantedRooms nothing = new WantedRooms(null, null);
    assertThat(nothing.ofNew(SHARED).capacity()).isEqualTo(new Capacity(500, 256));
    assertThat(nothing.ofNew(APART)).isEqualTo(APART);
    assertThat(nothing.of(SHARED)).as("one that was begun").isEqualTo(SHARED);
  }

  @Test
  void ofNew_asked_isWhatIsAsked() {
    assertThat(new WantedRooms(9, null).ofNew(SHARED).capacity()).isEqualTo(new Capacity(9, 256));
    assertThat(new WantedRooms(9, null).ofNew(APART).capacity()).isEqualTo(new Capacity(9, 70));
    assertThat(new WantedRooms(null, 0).ofNew(APART).capacity()).isEqualTo(Capacity.shared(300));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WantedRooms(null, -1).ofNew(APART))
        .withMessage("maxImpressions=-1 is out of range");
  }
}
