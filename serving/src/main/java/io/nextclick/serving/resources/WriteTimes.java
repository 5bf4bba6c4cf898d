// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.metrics.RankMetrics;
import jakarta.ws.rs.ext.WriterInterceptor;
import jakarta.ws.rs.ext.WriterInterceptorContext;
import java.io.IOException;

/** Times the writing of ranked lists. */
public final class WriteTimes implements WriterInterceptor {

  private final RankMetrics metrics;

  public WriteTimes(RankMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void aroundWriteTo(WriterInterceptorContext context) throws IOException {
    long start = System.nanoTime();
    context.proceed();
    if (context.getEntity() instanceof RankedList) {
      metrics.written(System.nanoTime() - start);
    }
  }
}
