// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.truth;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Ranks for one user again and again, and keeps what did not go well. */
final class RankingWatch implements AutoCloseable {

  private final ServiceProcess service;
  private final Supplier<String> user;
  private final BooleanSupplier up;
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final AtomicInteger ranked = new AtomicInteger();
  private final Thread thread = Thread.ofPlatform().name("ranking-watch").unstarted(this::run);
  private volatile boolean stopped;

  /**
   * @param up whether the service should answer now
   */
  RankingWatch(ServiceProcess service, Supplier<String> user, BooleanSupplier up) {
    this.service = service;
    this.user = user;
    this.up = up;
    thread.start();
  }

  private void run() {
    try {
      while (!stopped) {
        TimeUnit.MILLISECONDS.sleep(20);
        if (up.getAsBoolean()) {
          rank();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void rank() throws InterruptedException {
    for (int attempt = 0; up.getAsBoolean(); attempt++) {
      try {
        HttpResponse<String> answer = service.rank(user.get());
        if (answer.statusCode() == 200 && answer.body().matches("(?s).*\"events\":[1-9].*")) {
          ranked.incrementAndGet();
        } else {
          failures.add(answer.statusCode() + " " + answer.body());
        }
        return;
      } catch (IOException e) {
        // An idle connection may have been closed for another client's: a new one must do.
        if (attempt == 1 && up.getAsBoolean()) {
          failures.add(e.toString());
          return;
        }
      }
    }
  }

  int ranked() {
    return ranked.get();
  }

  List<String> failures() {
    return failures;
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    thread.join();
  }
}
