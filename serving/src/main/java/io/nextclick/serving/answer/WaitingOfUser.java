// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.bytes.ByteReader;
import io.nextclick.features.rocksdb.RocksDatabase;
import java.util.ArrayList;
import java.util.List;

/** What waits of one user in the store of impressions. */
public final class WaitingOfUser {

  private WaitingOfUser() {}

  /** Hears of what waits of a user. */
  public interface Visitor {
    /** A list that was shown. */
    void impression(String request, String model, long timeMillis, List<String> items);

    /** A click. */
    void click(String request, String item, long timeMillis);
  }

  /** Visits it, and holds little of it at once. */
  static void visit(RocksDatabase db, String user, Visitor visitor) {
    ImpressionFamily.IMPRESSIONS.inParts(
        db,
        (key, value) -> ImpressionBytes.ownerOfImpression(key).user().equals(user),
        part -> part.forEach(entry -> impression(entry.getKey(), entry.getValue(), visitor)));
    ImpressionFamily.CLICKS.inParts(
        db,
        (key, value) -> ImpressionBytes.ownerOfClick(key).user().equals(user),
        part -> part.forEach(entry -> click(entry.getKey(), user, visitor)));
  }

  private static void impression(byte[] key, byte[] value, Visitor visitor) {
    ByteReader in = new ByteReader(value, value.length, "impression");
    String model = in.string();
    int count = (int) in.varint();
    List<String> items = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      items.add(in.string());
      in.u64();
    }
    visitor.impression(
        ImpressionBytes.ownerOfImpression(key).request(),
        model,
        ImpressionBytes.timeMillis(key),
        items);
  }

  private static void click(byte[] key, String user, Visitor visitor) {
    String request = ImpressionBytes.ownerOfClick(key).request();
    byte[] prefix = ImpressionBytes.clicksOf(request, user);
    visitor.click(
        request,
        ImpressionBytes.itemOfClick(key, prefix),
        ImpressionBytes.timeOfClick(key, prefix));
  }
}
