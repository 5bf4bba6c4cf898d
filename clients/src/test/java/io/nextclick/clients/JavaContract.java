// SPDX-License-Identifier: Apache-2.0
package io.nextclick.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.EventsApi;
import org.openapitools.client.api.ItemsApi;
import org.openapitools.client.api.ModelsApi;
import org.openapitools.client.api.RankingApi;
import org.openapitools.client.api.UsersApi;
import org.openapitools.client.model.Accepted;
import org.openapitools.client.model.Event;
import org.openapitools.client.model.Item;
import org.openapitools.client.model.ItemDescription;
import org.openapitools.client.model.Model;
import org.openapitools.client.model.Problem;
import org.openapitools.client.model.RankRequest;
import org.openapitools.client.model.RankedItem;
import org.openapitools.client.model.RankedList;
import org.openapitools.client.model.Routing;
import org.openapitools.client.model.SlateRequest;
import org.openapitools.client.model.User;

/** The calls of the generated Java client; contract.ts has the same for TypeScript. */
final class JavaContract {

  private static final long TAKES_EFFECT_NANOS = 20_000_000_000L;

  private final RankingApi ranking;
  private final EventsApi events;
  private final UsersApi users;
  private final ItemsApi items;
  private final ModelsApi models;

  JavaContract(String base) {
    ApiClient client = new ApiClient().setBasePath(base);
    ranking = new RankingApi(client);
    events = new EventsApi(client);
    users = new UsersApi(client);
    items = new ItemsApi(client);
    models = new ModelsApi(client);
  }

  private interface Call {
    void run() throws Exception;
  }

  /** Returns the calls that did what they should. */
  List<String> run() throws Exception {
    List<String> done = new ArrayList<>();
    call("postEvents", this::postEvents, done);
    call("rank", this::rank, done);
    call("rankCandidates", this::rankCandidates, done);
    call("explain", this::explain, done);
    call("getUser", this::getUser, done);
    call("putItem", this::putItem, done);
    call("getItem", this::getItem, done);
    call("filter", this::filter, done);
    call("getModels", this::getModels, done);
    call("activateModel", this::activateModel, done);
    call("routeModels", this::routeModels, done);
    call("followModel", this::followModel, done);
    call("exportUser", this::exportUser, done);
    call("eraseUser", this::eraseUser, done);
    call("problem", this::problem, done);
    return done;
  }

  private static void call(String name, Call call, List<String> done) throws Exception {
    try {
      call.run();
    } catch (ApiException e) {
      throw new AssertionError(name + ": " + e.getCode() + " " + e.getResponseBody(), e);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(name, e);
    }
    done.add(name);
  }

  private void postEvents() throws ApiException {
    Event text =
        new Event()
            .id("java-1")
            .action("click")
            .user("java")
            .item("i7")
            .time(Instant.now().toString())
            .putContextItem("surface", "home");
    Event number =
        new Event()
            .id("java-2")
            .action("click")
            .user("java")
            .item("i8")
            .time(System.currentTimeMillis());
    for (Event event : List.of(text, number)) {
      Accepted accepted = events.postEvents(event, true, null);
      assertThat(accepted.getAccepted()).isEqualTo(1);
      assertThat(accepted.getFolded()).isTrue();
    }
  }

  private void rank() throws ApiException {
    RankedList list = ranking.rank(new RankRequest().user("java"));
    assertThat(list.getModel().getName()).isEqualTo("shop");
    assertThat(list.getModel().getVersion()).isEqualTo("v1");
    assertThat(list.getModel().getCalibrated()).isTrue();
    assertThat(list.getFallback()).isNull();
    assertThat(list.getHistory().getEvents()).isEqualTo(2);
    assertThat(list.getHistory().getOffset()).isPositive();
    assertThat(list.getHistory().getAgeMillis() == null)
        .isEqualTo(list.getHistory().getAgeUnknown() != null);
    assertThat(list.getTiming()).containsKey("total");
    assertThat(list.getItems())
        .hasSize(20)
        .allSatisfy(item -> {
          assertThat(item.getScore()).isNotNull();
          assertThat(item.getProbability()).isBetween(0.0, 1.0);
        });
    assertThat(list.getItems().getFirst().getRank()).isEqualTo(1);
  }

  private void rankCandidates() throws ApiException {
    RankRequest request =
        new RankRequest()
            .user("java")
            .candidates(List.of("i1", "i2", "i3"))
            .exclude(List.of("i3"))
            .context(Map.of("surface", "home"))
            .limit(5);
    assertThat(ranking.rank(request).getItems())
        .extracting(RankedItem::getItem)
        .containsExactlyInAnyOrder("i1", "i2");
    Map<String, Object> misspelt = Map.of("item", "i2", "fields", Map.of("retreival", 0.83));
    RankedList list =
        ranking.rank(new RankRequest().user("java").candidates(List.of("i1", misspelt)));
    assertThat(list.getUnreadFields()).containsExactly("retreival");
    assertThat(list.getMissingFields()).isNullOrEmpty();
    SlateRequest slate =
        new SlateRequest()
            .size(2)
            .method(SlateRequest.MethodEnum.MMR)
            .maxPerValue(Map.of("java", 1));
    RankedList page =
        ranking.rank(
            new RankRequest().user("java").candidates(List.of("i1", "i2", "i3")).slate(slate));
    assertThat(page.getItems()).hasSize(2);
    assertThat(page.getSlate().getMethod()).isEqualTo("mmr");
    assertThat(page.getSlate().getFallback()).isNull();
    assertThat(page.getSlate().getShortlist()).isEqualTo(3);
    assertThat(page.getSlate().getWithoutValues()).containsExactly("maxPerValue.java");
  }

  private void explain() throws ApiException {
    RankRequest request =
        new RankRequest().user("java").candidates(List.of("i1", "i2")).explain(true);
    RankedList list = ranking.rank(request);
    assertThat(list.getExplanation()).isNotNull();
    assertThat(list.getExplanation().getScored()).isEqualTo(2);
    assertThat(list.getItems()).allSatisfy(item -> assertThat(item.getBecause()).isNotEmpty());
    assertThat(list.getItems().getFirst().getBecause())
        .allSatisfy(reason -> {
          assertThat(reason.getAction()).isEqualTo("click");
          assertThat(reason.getChange()).isNotZero();
        });
  }

  private void getUser() throws ApiException {
    User user = users.getUser("java");
    assertThat(user.getUser()).isEqualTo("java");
    assertThat(user.getEntries()).extracting("item").containsExactly("i7", "i8");
    assertThat(user.getEntries().getFirst().getTime()).isNotNull();
  }

  private void putItem() throws ApiException {
    ItemDescription described =
        new ItemDescription()
            .putAttributesItem("title", "Trail shoe")
            .putAttributesItem("java", List.of("red", "blue"));
    assertThat(items.putItem("i7", described).getOffset()).isNotNegative();
  }

  private void getItem() throws Exception {
    Item item = awaitItem();
    assertThat(item.getAttributes())
        .containsEntry("title", List.of("Trail shoe"))
        .containsEntry("java", List.of("red", "blue"));
    assertThat(item.getAvailable()).isTrue();
  }

  /** The item event is in the log; the service reads it there. */
  private Item awaitItem() throws Exception {
    long start = System.nanoTime();
    while (true) {
      try {
        Item item = items.getItem("i7");
        if (item.getAttributes().containsKey("java")) {
          return item;
        }
      } catch (ApiException e) {
        if (e.getCode() != 404) {
          throw e;
        }
      }
      assertThat(System.nanoTime() - start).isLessThan(TAKES_EFFECT_NANOS);
      Thread.sleep(20);
    }
  }

  private void filter() throws ApiException {
    RankRequest request =
        new RankRequest()
            .user("java")
            .candidates(List.of("i7", "i8"))
            .filter(Map.of("java", List.of("red", "green")));
    assertThat(ranking.rank(request).getItems())
        .extracting(RankedItem::getItem)
        .containsExactly("i7");
  }

  private void getModels() throws ApiException {
    assertThat(models.getModels().getModels()).extracting(Model::getName).contains("shop");
    assertThat(models.getModels().getRefused()).isEmpty();
  }

  private void activateModel() throws ApiException {
    Model model = models.activateModel("shop", "v2");
    assertThat(model.getVersion()).isEqualTo("v2");
    assertThat(model.getCalibrated()).isFalse();
    RankedList list = ranking.rank(new RankRequest().user("java"));
    assertThat(list.getModel().getCalibrated()).isFalse();
    assertThat(list.getItems())
        .isNotEmpty()
        .allSatisfy(item -> {
          assertThat(item.getScore()).isNotNull();
          assertThat(item.getProbability()).isNull();
        });
  }

  private void routeModels() throws ApiException {
    Routing routing = new Routing().putArmsItem("shop/v1", 9).putArmsItem("shop/v2", 1);
    assertThat(models.routeModels(routing).getRouting().getArms())
        .containsExactlyInAnyOrderEntriesOf(Map.of("shop/v1", 9, "shop/v2", 1));
    RankedList list = ranking.rank(new RankRequest().user("java"));
    assertThat(list.getExperiment()).isNotNull();
    models.routeModels(new Routing().putArmsItem("shop/v1", 1));
  }

  private void followModel() throws ApiException {
    assertThat(models.followModel("shop").getVersion()).isEqualTo("v2");
    assertThat(models.activateModel("shop", "v1").getCalibrated()).isTrue();
  }

  private void exportUser() throws ApiException, IOException {
    List<String> lines = Files.readAllLines(users.exportUser("java").toPath());
    assertThat(lines.getFirst()).contains("\"kind\":\"about\"", "\"java\"");
    assertThat(lines).anyMatch(line -> line.contains("\"kind\":\"entry\""));
    assertThat(lines.getLast()).contains("\"kind\":\"end\"");
  }

  private void eraseUser() throws ApiException {
    assertThat(users.eraseUser("java", true).getFolded()).isTrue();
    assertThat(failure(() -> users.getUser("java")).getStatus()).isEqualTo(404);
  }

  private void problem() {
    Problem unknown = failure(() -> ranking.rank(new RankRequest().user("java").model("No one")));
    assertThat(unknown.getStatus()).isEqualTo(400);
    Problem missing = failure(() -> ranking.rank(new RankRequest().user(" ")));
    assertThat(missing.getStatus()).isEqualTo(400);
    assertThat(missing.getErrors()).hasSize(1);
    assertThat(missing.getErrors().getFirst().getField()).isEqualTo("user");
    assertThat(missing.getErrors().getFirst().getMessage()).isNotEmpty();
  }

  private static Problem failure(Call call) {
    ApiException failed = catchThrowableOfType(ApiException.class, call::run);
    assertThat(failed).isNotNull();
    try {
      return Problem.fromJson(failed.getResponseBody());
    } catch (java.io.IOException e) {
      throw new AssertionError(failed.getResponseBody(), e);
    }
  }
}
