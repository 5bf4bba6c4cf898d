// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;

/** CPU samples of a service, by the part of the service that they fell into. */
final class CpuProfile {

  private static final int TOP = 6;

  /**
   * A part of the service, told by how classes anywhere in the stack begin; the first that fits.
   */
  enum Part {
    /** Encoding and scoring. */
    MODEL("io.nextclick.(model|features.encode)."),
    /** Reading the user's sequence. */
    STATE("io.nextclick.features.(store|sequence).|org.rocksdb."),
    /** Candidates, filters, choice of the best, metrics. */
    RANKING("io.nextclick.serving.(rank|models|state|admission|shadow|backfill|metrics)."),
    /** Connections, HTTP, routing, JSON in and out. */
    HTTP("io.nextclick.|org.eclipse.jetty.|org.glassfish.|com.fasterxml."),
    /** The rest; compilers and collectors have no stacks, and are not in the profile. */
    OTHER("");

    private final Pattern prefix;

    Part(String prefixes) {
      this.prefix = Pattern.compile(prefixes.replace(".", "\\."));
    }

    static Part of(List<String> stack) {
      for (Part part : values()) {
        for (String frame : stack) {
          if (part.prefix.matcher(frame).lookingAt()) {
            return part;
          }
        }
      }
      return OTHER;
    }
  }

  private final Map<Part, Map<String, Integer>> frames = new EnumMap<>(Part.class);
  private final Map<Part, Integer> samples = new EnumMap<>(Part.class);
  private int total;

  static CpuProfile read(Path recording) throws IOException {
    CpuProfile profile = new CpuProfile();
    try (RecordingFile file = new RecordingFile(recording)) {
      while (file.hasMoreEvents()) {
        RecordedEvent event = file.readEvent();
        RecordedStackTrace trace = event.getStackTrace();
        if (event.getEventType().getName().equals("jdk.CPUTimeSample") && trace != null) {
          profile.add(trace.getFrames().stream().map(CpuProfile::name).toList());
        }
      }
    }
    return profile;
  }

  private static String name(RecordedFrame frame) {
    return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
  }

  /**
   * Counts a sample.
   *
   * @param stack class and method of each frame, the innermost first
   */
  void add(List<String> stack) {
    if (stack.isEmpty()) {
      return;
    }
    Part part = Part.of(stack);
    samples.merge(part, 1, Integer::sum);
    frames.computeIfAbsent(part, none -> new HashMap<>()).merge(stack.getFirst(), 1, Integer::sum);
    total++;
  }

  /** The share of all samples, in per cent. */
  double percent(Part part) {
    return 100.0 * samples.getOrDefault(part, 0) / Math.max(1, total);
  }

  void print(PrintStream out) {
    out.printf("%d samples of CPU time%n", total);
    for (Part part : Part.values()) {
      out.printf(
          Locale.ROOT, "%5.1f %%  %s%n", percent(part), part.name().toLowerCase(Locale.ROOT));
      frames.getOrDefault(part, Map.of()).entrySet().stream()
          .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
          .limit(TOP)
          .forEach(top ->
              out.printf(
                  Locale.ROOT, "    %5.1f %%  %s%n", 100.0 * top.getValue() / total, top.getKey()));
    }
  }
}
