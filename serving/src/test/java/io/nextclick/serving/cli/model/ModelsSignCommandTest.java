// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.serving.RandomModel;
import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelsSignCommandTest {

  @TempDir private Path folder;
  private String model;
  private String key;

  @BeforeEach
  void publish() throws IOException {
    RandomModel.publish(folder.resolve("models"), "v1", 20, 1);
    model = folder.resolve("models/shop/v1").toString();
    key = folder.resolve("release.key").toString();
    assertThat(CommandRun.of("models", "keygen", key).status()).isZero();
  }

  @Test
  void keygen_twoFiles_thePrivateOneIsItsOwners() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(key))))
        .isEqualTo("rw-------");
    assertThat(Path.of(key)).content().startsWith("-----BEGIN PRIVATE KEY-----\n");
    assertThat(Path.of(key + ".pub")).content().startsWith("-----BEGIN PUBLIC KEY-----\n");
    String before = Files.readString(Path.of(key));
    CommandRun again = CommandRun.of("models", "keygen", key);
    assertThat(again.status()).isEqualTo(1);
    assertThat(again.output()).contains("release.key: is there already; give another name");
    assertThat(Path.of(key)).content().isEqualTo(before);
  }

  @Test
  void verify_asksForTheSignatureOnlyWithTrustedKeys() {
    CommandRun unsigned = CommandRun.of("models", "verify", model, "--trusted", key + ".pub");
    assertThat(unsigned.status()).isEqualTo(1);
    assertThat(unsigned.output())
        .contains("FAILED", "signature.json: is missing", "must not serve");

    CommandRun signed = CommandRun.of("models", "sign", model, "--key", key);
    assertThat(signed.status()).as(signed.output()).isZero();
    assertThat(signed.output()).startsWith("Signed " + model + " with key ");
    String fingerprint = signed.output().strip().replaceFirst(".* ", "");

    CommandRun verified = CommandRun.of("models", "verify", model, "--trusted", key + ".pub");
    assertThat(verified.status()).as(verified.output()).isZero();
    assertThat(verified.output())
        .contains("ok       signature.json: signed with the trusted key " + fingerprint);
    assertThat(CommandRun.of("models", "verify", model).output())
        .contains("unknown  signature.json: of key " + fingerprint, "may serve");
    assertThat(CommandRun.of("models", "show", model).output())
        .contains("signature            of key " + fingerprint + ", not checked");
  }

  @Test
  void list_withTrustedKeys_saysWhoSignedEach() throws IOException {
    RandomModel.publish(folder.resolve("models"), "v2", 20, 2);
    CommandRun.of("models", "sign", model, "--key", key);
    String models = folder.resolve("models").toString();

    assertThat(CommandRun.of("models", "list", models).output()).contains("shop/v1\n", "shop/v2\n");
    assertThat(CommandRun.of("models", "list", models, "--trusted", key + ".pub").output())
        .containsPattern("shop/v1  signed with [0-9a-f]{64}\n")
        .containsPattern("shop/v2  must not serve: .*signature.json: is missing");
  }

  @Test
  void sign_whatCannotBe_saysWhyAndLeavesNoSignature() throws IOException {
    assertRefused("holds a PUBLIC KEY, but a PRIVATE KEY is needed", key + ".pub");
    assertRefused("no such file; check the path", key + ".none");
    Path items = Path.of(model).resolve("items.txt");
    Files.writeString(items, Files.readString(items).replaceFirst("i7\n", "x7\n"));
    assertRefused("items.txt: was changed: model.json says sha256=", key);
    assertThat(Path.of(model).resolve("signature.json")).doesNotExist();
  }

  @Test
  void score_unsignedModel_writesNothing() throws IOException {
    Path log = folder.resolve("log.jsonl");
    assertThat(CommandRun.of("shop", log.toString(), "--users=20", "--items=60").status()).isZero();
    Path out = folder.resolve("out");
    String[] score = {
      "score",
      "--model",
      model,
      "--events",
      log.toString(),
      "--out",
      out.toString(),
      "--trusted",
      key + ".pub"
    };
    CommandRun refused = CommandRun.of(score);
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.output()).contains("signature.json: is missing");
    assertThat(out).doesNotExist();
    CommandRun.of("models", "sign", model, "--key", key);
    CommandRun scored = CommandRun.of(score);
    assertThat(scored.status()).as(scored.output()).isZero();
  }

  private void assertRefused(String reason, String keyFile) {
    CommandRun run = CommandRun.of("models", "sign", model, "--key", keyFile);
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output()).contains(reason).hasLineCount(1);
  }
}
