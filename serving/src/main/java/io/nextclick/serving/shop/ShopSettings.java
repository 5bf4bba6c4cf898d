// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shop;

/**
 * The size of a {@link SyntheticShop}. The same settings give the same bytes.
 *
 * @param seed what all randomness starts from
 * @param users number of users, from 1
 * @param items number of items, from 48 to 1,000,000
 * @param sessions visits per user on average, from 1
 * @param startMillis when the first day begins, epoch milliseconds
 * @param days over how many days a user's visits are spread, from 1
 * @param listEffects whether what stands before an item on its page changes how likely it is
 *     clicked: each of the same category makes it less likely, one of the category that goes with
 *     it more; without, the shop is that of programs that did not know them
 */
public record ShopSettings(
    long seed,
    int users,
    int items,
    int sessions,
    long startMillis,
    int days,
    boolean listEffects) {

  /** 2,000 users, 600 items, 8 visits each over 30 days from 2026-10-01: about 200,000 events. */
  public static final ShopSettings DEFAULT =
      new ShopSettings(42, 2_000, 600, 8, 1_790_812_800_000L, 30, false);

  public ShopSettings {
    require(users >= 1, "users", users);
    require(items >= ShopCatalog.MIN_ITEMS && items <= 1_000_000, "items", items);
    require(sessions >= 1 && sessions <= 1_000, "sessions", sessions);
    require(startMillis >= 0, "startMillis", startMillis);
    require(days >= 1 && days <= 3_650, "days", days);
  }

  /** These settings with another seed. */
  public ShopSettings withSeed(long otherSeed) {
    return new ShopSettings(otherSeed, users, items, sessions, startMillis, days, listEffects);
  }

  /** These settings with another number of users. */
  public ShopSettings withUsers(int number) {
    return new ShopSettings(seed, number, items, sessions, startMillis, days, listEffects);
  }

  /** These settings with list effects. */
  public ShopSettings withListEffects() {
    return new ShopSettings(seed, users, items, sessions, startMillis, days, true);
  }

  private static void require(boolean condition, String name, long value) {
    if (!condition) {
      throw new IllegalArgumentException(name + "=" + value + " is out of range");
    }
  }
}
