// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class LargeCatalogueTest {

  @Test
  void searched_aloneOrShared_isTheSortedList() {
    try (var executor = Executors.newFixedThreadPool(2)) {
      LargeCatalogue catalogue = new LargeCatalogue(40_000, executor, 2);
      for (int user = 0; user < 5; user++) {
        assertThat(catalogue.searched(user, true)).hasSize(20).isEqualTo(catalogue.sorted(user));
        assertThat(catalogue.searched(user, false)).isEqualTo(catalogue.sorted(user));
      }
      assertThat(catalogue.readMemory()).isZero();
    }
  }
}
