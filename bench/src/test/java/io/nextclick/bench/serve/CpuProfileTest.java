// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.nextclick.bench.serve.CpuProfile.Part;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class CpuProfileTest {

  private static final String JETTY = "org.eclipse.jetty.server.Server.handle";
  private static final String RANK = "io.nextclick.serving.rank.RankingService.rank";

  private final CpuProfile profile = new CpuProfile();

  @Test
  void add_kernelBelowEverything_isTheModels() {
    profile.add(
        List.of(
            "java.util.Objects.checkIndex", "io.nextclick.model.kernel.Tiles.tile", RANK, JETTY));
    profile.add(
        List.of("org.rocksdb.RocksDB.get", "io.nextclick.features.store.X.get", RANK, JETTY));
    profile.add(List.of("java.util.HashMap.put", RANK, JETTY));
    profile.add(
        List.of("io.nextclick.features.event.Ids.fault", "io.nextclick.serving.api.X.a", JETTY));

    for (Part part : List.of(Part.MODEL, Part.STATE, Part.RANKING, Part.HTTP)) {
      assertThat(profile.percent(part)).as(part.name()).isCloseTo(25, offset(1e-9));
    }
  }

  @Test
  void print_namesTheInnermostFrames() {
    profile.add(List.of("sun.nio.ch.SocketDispatcher.write0", JETTY));
    profile.add(List.of("java.lang.Thread.run"));

    assertThat(printed())
        .contains("2 samples", "50.0 %  http", "50.0 %  sun.nio.ch.SocketDispatcher.write0");
  }

  private String printed() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    profile.print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
