// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import io.nextclick.model.part.EncoderConfig.Scoring;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code nextclick bench profile}: where the service's CPU time goes. */
@Command(
    name = "profile",
    mixinStandardHelpOptions = true,
    description = {
      "Loads the service, profiles the CPU time of its threads with the JDK's flight recorder, and"
          + " prints what each part costs, with the frames on top of it.",
      "Examples: ./nextclick bench profile",
      "          ./nextclick bench profile --candidates=100 --scoring=dot"
    })
public final class ProfileCommand implements Callable<Integer> {

  private static final int CLIENTS = 4;
  private static final Duration WARM_UP = Duration.ofSeconds(10);
  private static final Duration RECORDED = Duration.ofSeconds(20);

  @Option(names = "--candidates", defaultValue = "500", description = "Default: 500.")
  private int candidates;

  @Option(names = "--scoring", defaultValue = "ATTEND", description = "dot or attend, the default.")
  private Scoring scoring;

  @Option(names = "--cold", description = "Without a cache of encoded histories.")
  private boolean cold;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Cores cores = Cores.split();
    Variant variant = cold ? Variant.COLD : Variant.HOT;
    Path recording = Files.createTempFile("nextclick", ".jfr");
    System.out.printf(
        "%s%n%d candidates, %s, cache %s%n",
        cores, candidates, scoring.name().toLowerCase(Locale.ROOT), cold ? "cold" : "hot");
    try (Bench bench = Bench.make(Effort.QUICK.users(), cores)) {
      cores.pinThisProcess();
      try (ServiceProcess service = bench.start(variant, scoring);
          Load load = bench.load(service, candidates, 1)) {
        load.visit(Effort.QUICK.users());
        load.closedLoop(CLIENTS, WARM_UP, Integer.MAX_VALUE);
        service.record(true, recording);
        double rate = load.closedLoop(CLIENTS, RECORDED, Integer.MAX_VALUE);
        service.record(false, recording);
        System.out.printf(Locale.ROOT, "%.0f lists/s%n%n", rate);
        CpuProfile.read(recording).print(System.out);
      }
    } finally {
      Files.deleteIfExists(recording);
    }
    return 0;
  }
}
