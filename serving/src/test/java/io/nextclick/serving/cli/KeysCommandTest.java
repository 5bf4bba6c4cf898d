// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.serving.access.KeyFile;
import io.nextclick.serving.access.Role;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeysCommandTest {

  @TempDir private Path directory;

  private CommandRun run(String... words) {
    String[] all = new String[words.length + 3];
    all[0] = "keys";
    System.arraycopy(words, 0, all, 1, words.length);
    all[words.length + 1] = "--keys";
    all[words.length + 2] = directory.resolve("keys.json").toString();
    return CommandRun.of(all);
  }

  @Test
  void add_rotate_revoke_keepTheFile() throws Exception {
    KeyFile file = new KeyFile(directory.resolve("keys.json"));

    CommandRun added = run("add", "shop", "--role", "rank,erase", "--expires", "2100-01-01");
    assertThat(added.status()).isZero();
    assertThat(added.output()).containsPattern("nck_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\\R");
    assertThat(file.read()).hasSize(1);
    assertThat(file.read().getFirst().roles()).containsOnly(Role.RANK, Role.ERASE);
    assertThat(file.read().getFirst().expires()).hasToString("2100-01-02T00:00:00Z");

    assertThat(run("rotate", "shop", "--overlap", "2h").status()).isZero();
    assertThat(file.read()).hasSize(2);
    String listed = run("list").output();
    assertThat(listed).contains("shop").contains("rank, erase").doesNotContain("nck_");
    assertThat(run("revoke", "shop", "--id", file.read().getFirst().id()).output())
        .contains("Revoked 1 of shop");
    assertThat(run("revoke", "shop").status()).isZero();
    assertThat(file.read()).isEmpty();
  }

  @Test
  void wrongWords_areToldWithWhatIsRight() {
    assertThat(run("add", "shop", "--role", "root").output())
        .contains("there is no role root; there are rank, write-events");
    assertThat(run("add", "a b", "--role", "rank").output())
        .contains("a b is no name; it has 1 to 64 letters");
    assertThat(run("add", "shop").output()).contains("--role");
    assertThat(run("add", "shop", "--role", "rank", "--expires", "soon").output())
        .contains("soon is no time");
    assertThat(run("add", "shop", "--role", "rank", "--expires", "2020-01-01").output())
        .contains("is over already");
    assertThat(run("revoke", "nobody").output()).contains("there is no key nobody");
    assertThat(run("add", "shop", "--role", "rank").status()).isZero();
    assertThat(run("add", "shop", "--role", "rank").output()).contains("keys rotate shop");
  }
}
