// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.data.UserSample;
import io.nextclick.model.search.Arithmetic;
import io.nextclick.model.search.SearchSpace;
import io.nextclick.model.shape.LogShape;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainedModel;
import io.nextclick.model.train.Training;
import io.nextclick.model.train.decoder.DecoderSettings;
import io.nextclick.model.train.decoder.DecoderTraining;
import io.nextclick.model.train.decoder.TrainedDecoder;
import io.nextclick.serving.models.TrainedCapacity;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;

/** Clicks on impressions: the last days are held out. */
record ClicksTask(ShapedLog log, FoldSettings fold, String outcome, TimeSplit split)
    implements TrainingTask {

  @Override
  public TrainedModel train(Recipe recipe, double share, Run run) throws IOException {
    var training =
        new Training(recipe, run.seed(), run.threads(), run.checkpoint(), run.listener())
            .until(run.stop());
    return (run.last() ? training.besideFloors() : training)
        .clicks(events(share), fold, outcome, split);
  }

  @Override
  public TrainedDecoder decoder(
      TrainedModel model, Recipe recipe, int layers, Run run, Consumer<TrainedDecoder.Epoch> heard)
      throws IOException {
    return new DecoderTraining(
            DecoderSettings.DEFAULT.withLayers(layers), run.seed(), run.threads(), heard)
        .train(events(1), fold, outcome, split, recipe, model.vocabulary(), model.weights());
  }

  @Override
  public String keep(long most) {
    return log.events().keep(most);
  }

  private Iterator<Event> events(double share) {
    Iterator<Event> all = log.events().iterator();
    if (share >= 1) {
      return all;
    }
    Spliterator<Event> each = Spliterators.spliteratorUnknownSize(all, Spliterator.ORDERED);
    return StreamSupport.stream(each, false)
        .filter(event -> event.user() == null || UserSample.has(event.user(), share))
        .iterator();
  }

  @Override
  public SearchSpace space() {
    LogShape shape = log.shape();
    return SearchSpace.clicks(
        new Arithmetic(
            shape.users().count(),
            Math.max(1, shape.items().entries()),
            shape.pages().shown(),
            shape.items().count(),
            shape.users().wanted().p50()));
  }

  @Override
  public Map<String, String> provenance() {
    Map<String, String> provenance = new LinkedHashMap<>();
    provenance.put("train-until", split.trainUntil().toString());
    provenance.put(OpenModels.LEARNT_BEFORE, split.testFrom().toString());
    TrainedCapacity.write(fold.capacity(), provenance);
    if (fold.retention().isOn()) {
      provenance.put("retention", fold.retention().toString());
    }
    return provenance;
  }
}
