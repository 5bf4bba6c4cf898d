// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.serving.api.Problem;
import io.nextclick.serving.api.ProblemException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts another model version into service while requests go on: it is read, checked against its
 * hashes and its golden probabilities, and only then routed to. A version that fails changes
 * nothing.
 */
public final class ModelActivation {

  private static final Logger LOG = LoggerFactory.getLogger(ModelActivation.class);

  /** Reads and checks a version. */
  public interface Opener {
    /**
     * A model that gave its golden probabilities.
     *
     * @param id {@code NAME/VERSION}
     * @throws MalformedBundleException if it is damaged, or computes other than it should
     */
    LoadedModel open(String id) throws IOException;
  }

  private final ModelRegistry models;
  private final Opener opener;

  public ModelActivation(ModelRegistry models, Opener opener) {
    this.models = models;
    this.opener = opener;
  }

  /**
   * Routes all users to a version, one activation at a time. Requests that have begun end on the
   * old one, which is closed after them.
   *
   * @throws ProblemException 422 with the reason if the version must not serve
   */
  public synchronized LoadedModel activate(String name, String version) {
    String id = name + "/" + version;
    try {
      LoadedModel model = opener.open(id);
      models.activate(model);
      LOG.info("Model {} serves", id);
      return model;
    } catch (NoSuchFileException e) {
      throw refused(404, id, "there is no such version in the directory of models");
    } catch (IOException | RuntimeException e) {
      LOG.warn("Model {} was refused: {}", id, e.getMessage());
      throw refused(422, id, String.valueOf(e.getMessage()));
    }
  }

  private static ProblemException refused(int status, String id, String reason) {
    return new ProblemException(
        Problem.of(
            status, "model %s was not activated, nothing changed: %s".formatted(id, reason)));
  }
}
