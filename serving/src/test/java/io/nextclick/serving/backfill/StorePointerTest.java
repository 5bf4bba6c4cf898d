// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.Retention;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.features.store.WantedFold;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorePointerTest {

  @TempDir private Path directory;
  private Path data;
  private Path configured;
  private Path longer;

  @BeforeEach
  void make() throws IOException {
    data = Files.createDirectory(directory.resolve("data"));
    configured = data.resolve("store");
    longer = Files.createDirectory(data.resolve("longer"));
  }

  @Test
  void named_nothingKept_isNull() throws IOException {
    assertThat(new StorePointer(configured).named()).isNull();
    assertThat(new StorePointer(configured).serving()).isEqualTo(configured);
  }

  @Test
  void named_dataMovedToAnotherPath_isTheSameStoreThere() throws IOException {
    new StorePointer(configured).keep(longer);
    Path moved = Files.move(data, directory.resolve("moved"));

    assertThat(new StorePointer(moved.resolve("store")).named()).isEqualTo(moved.resolve("longer"));
  }

  @Test
  void keep_ofASecondStoreInTheDirectory_leavesTheFirstOnesAlone() throws IOException {
    Files.createDirectory(configured);
    new StorePointer(configured).keep(longer);
    Path second = Files.createDirectory(data.resolve("second"));
    Path other = Files.createDirectory(data.resolve("other"));
    new StorePointer(second).keep(other);

    assertThat(new StorePointer(configured).named()).isEqualTo(longer);
    assertThat(new StorePointer(second).named()).isEqualTo(other);
  }

  @Test
  void named_storeElsewhere_isKeptWithItsWholePath() throws IOException {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    new StorePointer(configured).keep(elsewhere);
    Path deeper = Files.createDirectory(directory.resolve("deeper")).resolve("data");
    Files.move(data, deeper);

    assertThat(new StorePointer(deeper.resolve("store")).named()).isEqualTo(elsewhere);
  }

  @Test
  void named_anotherStoreIsConfigured_countsOnlyIfThatOneIsThere() throws IOException {
    new StorePointer(configured).keep(longer);
    Path other = data.resolve("other");

    assertThatThrownBy(() -> new StorePointer(other).named())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(other + " is configured and does not exist")
        .hasMessageContaining(longer.toString());

    Files.createDirectory(other);
    assertThat(new StorePointer(other).named()).isNull();
  }

  @Test
  void named_storeThatIsNotThere_isRefused() throws IOException {
    new StorePointer(configured).keep(longer);
    Files.delete(longer);

    assertThatThrownBy(() -> new StorePointer(configured).named())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(longer + ", which is not there");
  }

  @Test
  void fill_namesTheConfiguredStore() throws IOException {
    new StorePointer(configured).keep(longer);

    new StorePointer(configured).fill(() -> Files.createDirectory(configured));

    assertThat(new StorePointer(configured).named()).isEqualTo(configured);
  }

  @Test
  void fill_thatFails_leavesWhatWasNamed() throws IOException {
    StorePointer pointer = new StorePointer(configured);
    StorePointer.Filling failing =
        () -> {
          throw new IOException("damaged");
        };
    assertThatThrownBy(() -> pointer.fill(failing)).hasMessage("damaged");
    assertThat(pointer.named()).isNull();

    pointer.keep(longer);
    assertThatThrownBy(() -> pointer.fill(failing)).hasMessage("damaged");
    assertThat(pointer.named()).isEqualTo(longer);
  }

  /** Whoever upgrades chose nothing: what was made with the default of then must not be refused. */
  @Test
  void open_storeOfBeforeThereWereTwoRooms_servesOnUnlessTwoAreChosen() throws IOException {
    RocksDbSequenceStore.open(configured, FoldSettings.DEFAULT.withMaxHistory(256)).close();
    StorePointer pointer = new StorePointer(configured);

    try (var store = pointer.open(WantedFold.of(FoldSettings.DEFAULT, null))) {
      assertThat(store.settings().capacity()).isEqualTo(Capacity.shared(256));
    }
    assertThatThrownBy(() -> pointer.open(WantedFold.of(FoldSettings.DEFAULT, 256)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("keeps 256 entries of each user, impressions among them")
        .hasMessageContaining("nextclick backfill");
  }

  @Test
  void open_namedStoreOfAnotherRetention_isRefused() throws IOException {
    Path kept = data.resolve("kept");
    FoldSettings settings = FoldSettings.DEFAULT.withRetention(new Retention(3_600_000));
    RocksDbSequenceStore.open(kept, settings.withMaxHistory(9)).close();
    StorePointer pointer = new StorePointer(configured);
    pointer.keep(kept);

    assertThatThrownBy(() -> pointer.open(new WantedFold(FoldSettings.DEFAULT)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("store.retention PT1H, but the configuration says off");
    pointer.open(new WantedFold(settings)).close();
  }
}
