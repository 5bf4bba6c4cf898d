// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.dropwizard.core.Configuration;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.WantedFold;
import io.nextclick.serving.logging.ServiceLogging;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;

/**
 * Every setting of the service, with a default that works on a laptop; {@code deploy/nextclick.yml}
 * explains each. The sections {@code server}, {@code logging}, {@code admin} and {@code metrics}
 * are Dropwizard's; {@link io.nextclick.serving.server.Hardening} closes what their defaults leave
 * open.
 */
public final class NextclickConfiguration extends Configuration {

  @Valid @NotNull @JsonProperty StoreSection store = new StoreSection();
  @Valid @NotNull @JsonProperty KafkaSection kafka = new KafkaSection();
  @Valid @NotNull @JsonProperty EventsSection events = new EventsSection();
  @Valid @NotNull @JsonProperty RankingSection ranking = new RankingSection();
  @Valid @NotNull @JsonProperty ModelSection model = new ModelSection();
  @Valid @NotNull @JsonProperty RequestsSection requests = new RequestsSection();
  @Valid @NotNull @JsonProperty AnswersSection answers = new AnswersSection();
  @Valid @NotNull @JsonProperty AuditSection audit = new AuditSection();

  @Valid @NotNull @JsonProperty SecuritySection security = new SecuritySection();

  public NextclickConfiguration() {
    setLoggingFactory(ServiceLogging.quiet());
  }

  /** The settings that are stored with the state. */
  public FoldSettings fold() {
    return store.fold().withMapping(events.mapping);
  }

  /** The same, where some of it may be left to a store that exists. */
  public WantedFold wantedFold() {
    return store.wanted(fold());
  }

  /** Where sequences are kept, and how events are folded into them. */
  public StoreSection store() {
    return store;
  }

  /** Where events come from. */
  public KafkaSection kafka() {
    return kafka;
  }

  /** What a ranking request may ask for. */
  public RankingSection ranking() {
    return ranking;
  }

  /** The trained models. */
  public ModelSection model() {
    return model;
  }

  /** Who may do what. */
  public SecuritySection security() {
    return security;
  }

  /** Bounds on requests as a whole. */
  public RequestsSection requests() {
    return requests;
  }

  /** The log of answers. */
  public AnswersSection answers() {
    return answers;
  }

  /** The log of who did what. */
  public AuditSection audit() {
    return audit;
  }
}
