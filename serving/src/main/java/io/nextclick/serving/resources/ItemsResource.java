// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.FieldNames;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.ScalarText;
import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.ingest.kafka.client.EventPublisher.Published;
import io.nextclick.serving.api.JsonScalars.ScalarList;
import io.nextclick.serving.api.Problem;
import io.nextclick.serving.api.ProblemException;
import io.nextclick.serving.api.StrictJson;
import io.nextclick.serving.state.LiveLog;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code GET} and {@code PUT /v1/items/{item}}: the catalogue. */
@Path("/v1/items/{item}")
@Produces(MediaType.APPLICATION_JSON)
public final class ItemsResource {

  private static final StrictJson<ItemBody> BODY = new StrictJson<>(ItemBody.class);

  private final ItemCatalog catalog;
  private final LiveLog log;
  private final BodyReader bodies;
  private final InstantSource clock;

  public ItemsResource(ItemCatalog catalog, LiveLog log, BodyReader bodies, InstantSource clock) {
    this.catalog = catalog;
    this.log = log;
    this.bodies = bodies;
    this.clock = clock;
  }

  /**
   * The body of PUT: attributes as in an {@code item} event; available unless it says otherwise.
   */
  public record ItemBody(
      @JsonDeserialize(contentUsing = ScalarList.class)
          @Nullable Map<String, List<String>> attributes,
      @Nullable Boolean available) {}

  /** An item of the catalogue. */
  public record ItemView(
      String item, Map<String, List<String>> attributes, boolean available, String time) {}

  /** The {@code item} event that a PUT has written. */
  public record Accepted(String event, int partition, long offset) {}

  /** The item; 404 when no event described it. */
  @GET
  public ItemView get(@Context UriInfo uri) {
    String id = PathId.of("item", uri);
    Item item = catalog.get(id);
    if (item == null) {
      throw new ProblemException(Problem.of(404, "No event described this item"));
    }
    return new ItemView(
        item.id(),
        item.attributes(),
        item.available(),
        Instant.ofEpochMilli(item.timeMillis()).toString());
  }

  /** Writes an {@code item} event; 202 once Kafka has acknowledged it. */
  @PUT
  @Consumes(MediaType.APPLICATION_JSON)
  public Response put(@Context UriInfo uri, InputStream body) throws IOException {
    String id = PathId.of("item", uri);
    ItemBody item = BODY.read(bodies.read(body));
    Event described =
        new Event(
            "item-" + UUID.randomUUID(),
            Event.ITEM,
            null,
            List.of(id),
            clock.millis(),
            null,
            Map.of(),
            attributes(item),
            !Boolean.FALSE.equals(item.available()));
    // Through the decoder of events, so that the rules of an item are written down once.
    Event event =
        switch (EventJson.decode(EventJson.encode(described))) {
          case Event good -> good;
          case RejectedEvent bad -> throw ProblemException.field("attributes", bad.detail());
        };
    Published place = log.publish(List.of(event)).getFirst();
    return Response.accepted(
            new Accepted(event.id(), place.partition().partition(), place.offset()))
        .build();
  }

  private static Map<String, List<String>> attributes(ItemBody item) {
    if (item.attributes() == null) {
      return Map.of();
    }
    item.attributes()
        .forEach((name, values) -> {
          String field = "attributes." + FieldNames.shown(name);
          if (values == null) {
            throw ProblemException.field(field, "is neither a value nor an array of values");
          }
          for (String value : values) {
            String fault = ScalarText.fault(value, ScalarText.MAX_ATTRIBUTE_BYTES);
            if (fault != null) {
              throw ProblemException.field(field, fault);
            }
          }
        });
    return item.attributes();
  }
}
