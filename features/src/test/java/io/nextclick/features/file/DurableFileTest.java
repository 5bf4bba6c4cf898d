// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFileTest {

  @TempDir private Path folder;

  @Test
  void commit_manyBytes_areAllThere_andNothingElse() throws IOException {
    byte[] content = new byte[9 << 20];
    new Random(1).nextBytes(content);
    try (DurableFile file = DurableFile.begin(folder.resolve("a"))) {
      for (int at = 0; at < content.length; at += 1 << 20) {
        file.out().write(content, at, 1 << 20);
      }
      assertThat(folder.resolve("a")).doesNotExist();
      file.commit();
    }
    assertThat(folder.resolve("a")).hasBinaryContent(content);
    assertThat(folder.toFile().list()).containsExactly("a");
  }

  @Test
  void write_overAFile_replacesIt() throws IOException {
    DurableFile.write(folder.resolve("a"), "a longer text");
    DurableFile.write(folder.resolve("a"), "text");
    assertThat(folder.resolve("a")).hasContent("text");
  }

  @Test
  void close_withoutCommit_keepsWhatWasThere() throws IOException {
    DurableFile.write(folder.resolve("a"), "old");
    try (DurableFile file = DurableFile.begin(folder.resolve("a"))) {
      file.out().write(1);
    }
    assertThat(folder.resolve("a")).hasContent("old");
    assertThat(folder.toFile().list()).containsExactly("a");
  }

  @Test
  void begin_afterAKill_beginsWithNoByte() throws IOException {
    Files.writeString(folder.resolve(".a.unfinished"), "x".repeat(1000));
    DurableFile.write(folder.resolve("a"), "text");
    Files.writeString(folder.resolve(".b.unfinished"), "x".repeat(1000));
    try (DurableFile file = DurableFile.beginAlone(folder.resolve("b"))) {
      file.commit();
    }
    assertThat(folder.resolve("a")).hasContent("text");
    assertThat(folder.resolve("b")).isEmptyFile();
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void write_nameOfADirectory_failsAndLeavesNothing() throws IOException {
    Files.createDirectories(folder.resolve("a/b"));
    assertThatThrownBy(() -> DurableFile.write(folder.resolve("a"), "text"))
        .isInstanceOf(IOException.class);
    assertThat(folder.toFile().list()).containsExactly("a");
  }

  @Test
  void write_missingFolder_namesTheFileThatWasAskedFor() {
    Path file = folder.resolve("missing").resolve("a");
    assertThatThrownBy(() -> DurableFile.write(file, "text"))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(file.toString());
  }

  @Test
  void beginAlone_begunAlready_isRefused() throws IOException {
    try (DurableFile file = DurableFile.beginAlone(folder.resolve("a"))) {
      file.out().write('a');
      assertThatThrownBy(() -> DurableFile.beginAlone(folder.resolve("a")))
          .hasMessageContaining("is being written already");
      file.commit();
    }
    assertThat(folder.resolve("a")).hasContent("a");
  }

  @Test
  void createPrivate_onlyTheOwnerReads_andTheFirstOneStays() throws IOException {
    DurableFile.createPrivate(folder.resolve("key"), "first");
    DurableFile.createPrivate(folder.resolve("key"), "second");
    assertThat(folder.resolve("key")).hasContent("first");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("key"))))
        .isEqualTo("rw-------");
    assertThat(folder.toFile().list()).containsExactly("key");
  }

  @Test
  void hashedFile_saysWhatTheFileHas() throws IOException {
    FileHash said;
    try (HashedFile file = HashedFile.begin(folder.resolve("a"))) {
      file.out().write("some text".getBytes(StandardCharsets.UTF_8));
      said = file.commit();
    }
    assertThat(said).isEqualTo(FileHash.of(folder.resolve("a")));
    assertThat(said.bytes()).isEqualTo(9);
  }

  @Test
  void rename_file_takesThePlaceOfAnother() throws IOException {
    Files.writeString(folder.resolve("a"), "new");
    Files.writeString(folder.resolve("b"), "old");
    Disk.rename(folder.resolve("a"), folder.resolve("b"));
    assertThat(folder.resolve("b")).hasContent("new");
    assertThat(folder.resolve("a")).doesNotExist();
  }
}
