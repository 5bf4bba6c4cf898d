// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.sequence.Capacity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainedCapacityTest {

  @Test
  void read_afterWrite_isTheSame() {
    for (Capacity capacity : List.of(new Capacity(300, 70), Capacity.shared(9))) {
      Map<String, String> provenance = new HashMap<>();
      TrainedCapacity.write(capacity, provenance);
      assertThat(TrainedCapacity.read(provenance)).isEqualTo(capacity);
    }
  }

  @Test
  void read_ofBeforeThereWereTwoRooms_isOne() {
    assertThat(TrainedCapacity.read(Map.of("history", "256"))).isEqualTo(Capacity.shared(256));
  }

  @Test
  void read_notSaidOrNoNumber_isNone() {
    assertThat(TrainedCapacity.read(Map.of())).isNull();
    assertThat(TrainedCapacity.read(Map.of("history", "all"))).isNull();
    assertThat(TrainedCapacity.read(Map.of("history", "0"))).isNull();
  }
}
