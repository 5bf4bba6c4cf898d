// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFileTest {

  private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");
  private static final Set<Role> RANK = EnumSet.of(Role.RANK);

  @TempDir private Path directory;
  private final SecureRandom random = new SecureRandom();
  private final AtomicReference<Instant> time = new AtomicReference<>(NOW);
  private Path path;
  private KeyFile file;

  @BeforeEach
  void name() {
    path = directory.resolve("sub/keys.json");
    file = new KeyFile(path);
  }

  private KeyFile.Made add(String name) throws IOException {
    return file.add(name, RANK, NOW, null, random);
  }

  private ApiKeys keys() throws IOException {
    return new ApiKeys(file, time::get);
  }

  @Test
  void add_key_countsAndItsTextStandsNowhere() throws Exception {
    KeyFile.Made made = add("shop");

    assertThat(made.text()).matches("nck_[0-9a-f]{12}_[A-Za-z0-9_-]{43}");
    assertThat(keys().caller(made.text())).isEqualTo(new Caller("shop", Caller.Kind.KEY, RANK));
    assertThat(Files.readString(path))
        .contains(made.key().sha256())
        .doesNotContain(made.text().substring(17));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
  }

  @Test
  void change_file_keepsWhoMayReadIt() throws Exception {
    add("shop");
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r-----"));
    add("batch");

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-r-----");
  }

  @Test
  void caller_anyOtherText_isNobody() throws Exception {
    String text = add("shop").text();
    String other = add("batch").text();
    ApiKeys keys = keys();

    for (int i = 0; i < text.length(); i++) {
      char changed = text.charAt(i) == 'A' ? 'B' : 'A';
      assertThat(keys.caller(text.substring(0, i) + changed + text.substring(i + 1))).isNull();
      assertThat(keys.caller(text.substring(0, i))).isNull();
    }
    assertThat(keys.caller(text + "A")).isNull();
    assertThat(keys.caller(text.substring(0, 17) + other.substring(17))).isNull();
  }

  @Test
  void caller_expiredKey_isNobody() throws Exception {
    String text = file.add("shop", RANK, NOW, NOW.plusSeconds(10), random).text();
    ApiKeys keys = keys();

    assertThat(keys.caller(text)).isNotNull();
    time.set(NOW.plusSeconds(10));
    assertThat(keys.caller(text)).isNull();
  }

  @Test
  void rotate_twice_theOldOneMustGoFirst() throws Exception {
    KeyFile.Made old = add("shop");
    KeyFile.Made young = file.rotate("shop", NOW, NOW.plus(Duration.ofDays(1)), random);
    ApiKeys keys = keys();

    assertThat(keys.caller(old.text())).isEqualTo(keys.caller(young.text())).isNotNull();
    assertThatThrownBy(() -> file.rotate("shop", NOW, NOW.plusSeconds(1), random))
        .hasMessageContaining("has two keys already");
    time.set(NOW.plus(Duration.ofDays(1)));
    assertThat(keys.caller(old.text())).isNull();
    assertThat(keys.caller(young.text())).isNotNull();
    file.rotate("shop", time.get(), time.get().plusSeconds(1), random); // the expired one is none
  }

  @Test
  void revoke_key_countsNoMoreWhenTheFileIsLookedAt() throws Exception {
    KeyFile.Made made = add("shop");
    ApiKeys keys = keys();

    assertThat(file.revoke("shop", null)).isOne();
    keys.look();

    assertThat(keys.caller(made.text())).isNull();
    assertThatThrownBy(() -> file.revoke("shop", null))
        .hasMessageContaining("there is no key shop");
  }

  @Test
  void look_fileGone_nobodyIsLetIn() throws Exception {
    KeyFile.Made made = add("shop");
    ApiKeys keys = keys();
    Files.delete(path);
    keys.look();

    assertThat(keys.caller(made.text())).isNull();
  }

  @Test
  void look_fileSpoilt_whatWasReadBeforeCounts() throws Exception {
    KeyFile.Made made = add("shop");
    ApiKeys keys = keys();
    Files.writeString(path, "{\"format\": 1,\n \"keys\": [");
    keys.look();

    assertThat(keys.fault()).contains("keys.json").contains("line 2");
    assertThat(keys.caller(made.text())).isNotNull();
  }

  @Test
  void read_keysThatAreNone_sayWhat() throws Exception {
    KeyFile.Made made = add("shop");
    String right = Files.readString(path);

    for (String wrong :
        new String[] {
          right.replace("\"rank\"", "\"root\""),
          right.replace(made.key().sha256(), "abc"),
          right.replace("\"format\" : 1", "\"format\" : 2"),
          right.replace("\"name\" : \"shop\"", "\"name\" : \"a b\""),
          right.replace("\"name\"", "\"title\""),
          right.replace("2026-11-30", "yesterday")
        }) {
      assertThat(wrong).isNotEqualTo(right);
      Files.writeString(path, wrong);
      assertThatThrownBy(() -> file.read())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("keys.json");
    }
  }
}
