// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shop;

import io.nextclick.features.event.Event;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The shop's items: names, categories, prices, appeal, and which item goes with which.
 *
 * <p>Item {@code i} belongs to category {@code i % 12}, so that every category has nearly the same
 * number of items.
 */
final class ShopCatalog {

  /** Number of categories. */
  static final int CATEGORIES = 12;

  /** The fewest items that fill a page at any time. */
  static final int MIN_ITEMS = 4 * CATEGORIES;

  /** Items that go well with one item. */
  static final int COMPLEMENTS = 3;

  private static final int UNAVAILABLE_EVERY = 37;
  private static final int PRICE_BANDS = 4;

  private static final String[] SERIES = {
    "Ridgeline", "Harbour", "Nimbus", "Alder", "Quill", "Meridian", "Fjord", "Ember"
  };

  private static final String[] CATEGORY_NAMES = {
    "shoes",
    "jackets",
    "backpacks",
    "tents",
    "cookware",
    "lamps",
    "bikes",
    "bike parts",
    "knives",
    "bottles",
    "maps",
    "watches"
  };

  private static final String[][] NOUNS = {
    {"Trail Shoe", "Hiking Boot", "Sandal", "Approach Shoe", "Winter Boot", "Running Shoe"},
    {"Rain Jacket", "Down Jacket", "Softshell", "Wind Shell", "Parka", "Fleece"},
    {"Daypack", "Trekking Pack", "Hip Pack", "Duffel", "Climbing Pack", "Bike Pack"},
    {"Dome Tent", "Tunnel Tent", "Tarp", "Bivy", "Family Tent", "Hammock"},
    {"Gas Stove", "Pot Set", "Frying Pan", "Kettle", "Mess Tin", "Grill"},
    {"Head Lamp", "Lantern", "Torch", "String Light", "Bike Lamp", "Reading Lamp"},
    {"Gravel Bike", "City Bike", "Mountain Bike", "Folding Bike", "Touring Bike", "Cargo Bike"},
    {"Saddle", "Pedal Set", "Tyre", "Chain", "Handlebar", "Brake Set"},
    {"Pocket Knife", "Multitool", "Camp Axe", "Fillet Knife", "Saw", "Spoon Knife"},
    {"Steel Bottle", "Flask", "Water Bladder", "Filter Bottle", "Mug", "Canister"},
    {"Alpine Map", "Road Atlas", "Compass", "Trail Guide", "River Map", "City Map"},
    {"Altimeter Watch", "Dive Watch", "Field Watch", "Heart Rate Strap", "Stopwatch", "Barometer"}
  };

  private final int size;
  private final double[] appeal; // (size,) log-odds that an item is clicked, apart from the user
  private final int[] priceBand; // (size,)
  private final int[] complements; // (size, COMPLEMENTS)
  private final int[] byAppeal; // (size,) items by falling appeal

  ShopCatalog(ShopSettings settings) {
    var random = new SplittableRandom(settings.seed());
    size = settings.items();
    appeal = new double[size];
    priceBand = new int[size];
    complements = new int[size * COMPLEMENTS];
    for (int item = 0; item < size; item++) {
      appeal[item] = 0.7 * random.nextGaussian();
      priceBand[item] = random.nextInt(PRICE_BANDS);
    }
    for (int item = 0; item < size; item++) {
      for (int k = 0; k < COMPLEMENTS; k++) {
        complements[item * COMPLEMENTS + k] = anyOf(random, complementCategory(category(item)));
      }
    }
    byAppeal =
        IntStream.range(0, size)
            .boxed()
            .sorted((a, b) -> Double.compare(appeal[b], appeal[a]))
            .mapToInt(Integer::intValue)
            .toArray();
  }

  int size() {
    return size;
  }

  int category(int item) {
    return item % CATEGORIES;
  }

  static String categoryName(int category) {
    return CATEGORY_NAMES[category];
  }

  /** The category that people turn to after this one, such as bike parts after bikes. */
  static int complementCategory(int category) {
    return (category + 1) % CATEGORIES;
  }

  double appeal(int item) {
    return appeal[item];
  }

  int priceBand(int item) {
    return priceBand[item];
  }

  boolean available(int item) {
    return item % UNAVAILABLE_EVERY != UNAVAILABLE_EVERY - 1;
  }

  int complement(int item, int k) {
    return complements[item * COMPLEMENTS + k];
  }

  boolean goesWith(int item, int other) {
    for (int k = 0; k < COMPLEMENTS; k++) {
      if (complement(item, k) == other) {
        return true;
      }
    }
    return false;
  }

  /** A random item of a category. */
  int anyOf(SplittableRandom random, int category) {
    int items = (size - category + CATEGORIES - 1) / CATEGORIES;
    return random.nextInt(items) * CATEGORIES + category;
  }

  /** A random item, likelier the more appeal it has. */
  int popular(SplittableRandom random) {
    double u = random.nextDouble();
    return byAppeal[(int) (u * u * u * size)];
  }

  static String id(int item) {
    return "i" + item;
  }

  /**
   * The item of an id.
   *
   * @throws IllegalArgumentException if there is none
   */
  int number(String id) {
    try {
      int item = Integer.parseInt(id.startsWith("i") ? id.substring(1) : "");
      if (item >= 0 && item < size && id(item).equals(id)) {
        return item;
      }
    } catch (NumberFormatException _) {
      // told below
    }
    throw new IllegalArgumentException(
        "no item of this shop: %s; its items are i0 to i%d".formatted(id, size - 1));
  }

  String title(int item) {
    String[] nouns = NOUNS[category(item)];
    int within = item / CATEGORIES;
    String noun = nouns[within % nouns.length];
    int name = within / nouns.length;
    int edition = name / SERIES.length;
    return SERIES[name % SERIES.length] + " " + noun + (edition == 0 ? "" : " " + (edition + 1));
  }

  /** The {@code item} event that describes an item. */
  Event describe(int item, long timeMillis) {
    int band = priceBand[item];
    int price = (15 << band) + item * 7 % 10;
    Map<String, List<String>> attributes =
        Map.of(
            "title", List.of(title(item)),
            "category", List.of(categoryName(category(item))),
            "price", List.of(price + ".90"),
            "price_band", List.of("p" + band));
    return new Event(
        "item-" + item,
        Event.ITEM,
        null,
        List.of(id(item)),
        timeMillis,
        null,
        Map.of(),
        attributes,
        available(item));
  }
}
