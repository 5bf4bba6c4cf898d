// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.nextclick.serving.api.PageRule;
import io.nextclick.serving.api.RankRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuleSetsTest {

  @TempDir Path directory;

  @Test
  void resolved_namesBecomeTheirRules_beforeTheRequestsOwn() throws IOException {
    RuleSets sets =
        RuleSets.of(file("{'sale':[{'pin':'a','place':1},{'name':'b','pin':'b','place':2}]}"));

    RankRequest request =
        sets.resolved(request("'ruleSets':['sale'],'rules':[{'pin':'c','place':3}]"));

    assertThat(request.slate().ruleSets()).isNull();
    assertThat(request.slate().rules()).extracting(PageRule::pin).containsExactly("a", "b", "c");
    assertThat(request.slate().rules().get(0).label(0)).isEqualTo("sale[0]");
    assertThat(request.slate().rules().get(2).label(2)).isEqualTo("rules[2]");
    assertThat(sets.resolved(request("'size':3"))).isEqualTo(request("'size':3"));
  }

  @Test
  void resolved_unknownName_isRefused() throws IOException {
    RuleSets sets = RuleSets.of(file("{'sale':[],'summer':[]}"));

    assertThatThrownBy(() -> sets.resolved(request("'ruleSets':['sales']")))
        .hasMessageContaining("slate.ruleSets[0]")
        .hasMessageContaining("sale, summer");
    assertThatThrownBy(() -> RuleSets.NONE.resolved(request("'ruleSets':['sale']")))
        .hasMessageContaining("this service has none, see ranking.rules");
  }

  @Test
  void resolved_fileChanged_counts_andABrokenOneDoesNot() throws IOException {
    Path file = file("{'sale':[{'pin':'a','place':1}]}");
    RuleSets sets = RuleSets.of(file);
    write(file, "{'sale':[{'pin':'other','place':1}]}");

    await().until(() -> pinned(sets).equals(List.of("other")));
    Files.writeString(file, "{");
    Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(1_000));
    await()
        .during(java.time.Duration.ofMillis(1_200))
        .until(() -> pinned(sets).equals(List.of("other")));
  }

  private static List<String> pinned(RuleSets sets) {
    return sets.resolved(request("'ruleSets':['sale']")).slate().rules().stream()
        .map(PageRule::pin)
        .toList();
  }

  @Test
  void of_unsoundFile_saysWhere() throws IOException {
    assertThatThrownBy(() -> RuleSets.of(file("{'sale':[{'pin':'a'}]}")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("rules.json: sets.sale[0] has pin, which goes with place");
    assertThatThrownBy(() -> RuleSets.of(file("{'sale':[{'pinn':'a'}]}")))
        .hasMessageContaining("pinn");
    assertThatThrownBy(() -> RuleSets.of(directory.resolve("none")))
        .isInstanceOf(IOException.class);
  }

  private static RankRequest request(String slate) {
    String body = "{'user':'u','slate':{'method':'top',%s}}".formatted(slate);
    return RankRequest.read(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8), 100, 100);
  }

  private Path file(String sets) throws IOException {
    Path file = directory.resolve("rules.json");
    write(file, sets);
    return file;
  }

  private static void write(Path file, String sets) throws IOException {
    Files.writeString(file, "{\"sets\":%s}".formatted(sets.replace('\'', '"')));
  }
}
