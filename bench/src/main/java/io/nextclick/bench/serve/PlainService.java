// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.dropwizard.core.Application;
import io.dropwizard.core.Configuration;
import io.dropwizard.core.setup.Environment;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.model.Scorer;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.onnx.OnnxGraphs;
import io.nextclick.model.onnx.OnnxScorer;
import io.nextclick.model.part.EncoderWeights;
import jakarta.validation.constraints.NotNull;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.jetty.server.ServerConnector;

/**
 * The plain way to serve a model: a bare Dropwizard resource with ONNX Runtime in process, and the
 * histories in its heap, which is the fastest place for them.
 */
public final class PlainService extends Application<PlainService.Settings> {

  /** The configuration. */
  public static final class Settings extends Configuration {
    /** What {@link Shop} made. */
    @NotNull @JsonProperty Path store = Path.of("store");

    @NotNull @JsonProperty Path bundle = Path.of("bundle");

    /** Whether a history is read once per request, or once per candidate. */
    @JsonProperty boolean reuse = true;
  }

  /** Runs it: {@code server FILE}. */
  public static void main(String[] args) throws Exception {
    new PlainService().run(args);
  }

  @Override
  public void run(Settings settings, Environment environment) throws IOException {
    Map<String, UserSequence> histories = new HashMap<>();
    try (RocksDbSequenceStore store = RocksDbSequenceStore.openReadOnly(settings.store)) {
      store.forEach(histories::put);
    }
    Scorer scorer = scorer(ModelBundle.open(settings.bundle), settings.reuse);
    environment.jersey().register(new PlainResource(scorer, histories));
    environment
        .lifecycle()
        .addServerLifecycleListener(server ->
            System.out.printf(
                "The plain way serves on http://localhost:%d/%n",
                ((ServerConnector) server.getConnectors()[0]).getLocalPort()));
  }

  private static Scorer scorer(ModelBundle bundle, boolean reuse) {
    if (reuse) {
      return bundle.scorer(Backend.ONNX, null);
    }
    EncoderWeights weights = bundle.weights();
    if (weights == null) {
      throw new IllegalArgumentException(bundle.directory() + " has no weights");
    }
    return OnnxScorer.ofModel(
        bundle.manifest().name(),
        bundle.vocabulary(),
        bundle.manifest().reads(),
        OnnxGraphs.fullSequence(weights),
        1);
  }
}
