// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

/** Ends the process in order, and with exit status 0, when it gets SIGTERM or Ctrl-C. */
final class StopOnSignal {

  private StopOnSignal() {}

  static void install(AutoCloseable service, Notices notices) {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("stop")
                .unstarted(() -> {
                  int status = 0;
                  try {
                    service.close();
                    notices.last("Nextclick has stopped.");
                  } catch (Exception e) {
                    notices.failed("Nextclick did not stop in order", e);
                    status = 1;
                  }
                  // The JVM would report the signal, 143, for an end in good order.
                  Runtime.getRuntime().halt(status);
                }));
  }
}
