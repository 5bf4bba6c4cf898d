// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.retrieve.Retriever;
import io.nextclick.model.slate.ItemEmbeddings;
import io.nextclick.model.slate.Prefix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A scorer that is another one but for what it says itself. */
public interface ForwardingScorer extends Scorer {

  /** The other one; closed with this. */
  Scorer scorer();

  @Override
  default String name() {
    return scorer().name();
  }

  @Override
  default Vocabulary vocabulary() {
    return scorer().vocabulary();
  }

  @Override
  default int maxHistory() {
    return scorer().maxHistory();
  }

  @Override
  default int attributeBuckets() {
    return scorer().attributeBuckets();
  }

  @Override
  default boolean readsContext() {
    return scorer().readsContext();
  }

  @Override
  default List<String> fields() {
    return scorer().fields();
  }

  @Override
  default boolean readsImpressions() {
    return scorer().readsImpressions();
  }

  @Override
  default float[] score(EncodedRequest request) {
    return scorer().score(request);
  }

  @Override
  default @Nullable Retriever retriever() {
    return scorer().retriever();
  }

  @Override
  default @Nullable ItemEmbeddings itemEmbeddings() {
    return scorer().itemEmbeddings();
  }

  @Override
  default @Nullable Prefix page(EncodedRequest request) {
    return scorer().page(request);
  }

  @Override
  default boolean placesPages() {
    return scorer().placesPages();
  }

  @Override
  default float @Nullable [][] attention(EncodedRequest request) {
    return scorer().attention(request);
  }

  @Override
  default double probability(float score, EncodedRequest request) {
    return scorer().probability(score, request);
  }

  @Override
  default boolean calibrated() {
    return scorer().calibrated();
  }

  @Override
  default void close() {
    scorer().close();
  }
}
