// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Versions that were looked at and must not serve. They are looked at again only when their files
 * change: one that was being copied is whole in the end.
 */
final class RefusedVersions {

  private static final int MAX = 100;

  private final Map<String, Refusal> refusals =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Refusal> eldest) {
          return size() > MAX;
        }
      };

  private record Refusal(long files, String reason) {}

  /**
   * Adds a version.
   *
   * @param files what {@link #files} was before the version was read: it may have changed since
   */
  synchronized void add(String id, long files, String reason) {
    refusals.put(id, new Refusal(files, reason));
  }

  /** Whether a version was refused as it is now. */
  synchronized boolean contains(String id, Path version) {
    Refusal refusal = refusals.get(id);
    if (refusal != null && refusal.files != files(version)) {
      refusals.remove(id);
      return false;
    }
    return refusal != null;
  }

  synchronized Map<String, String> reasons() {
    Map<String, String> reasons = new TreeMap<>();
    refusals.forEach((id, refusal) -> reasons.put(id, refusal.reason));
    return reasons;
  }

  /** Changes when a file of the version does. */
  static long files(Path version) {
    try (Stream<Path> files = Files.list(version)) {
      long sum = 0;
      for (Path file : (Iterable<Path>) files::iterator) {
        sum +=
            31L * file.hashCode()
                + Files.size(file)
                + 7 * Files.getLastModifiedTime(file).toMillis();
      }
      return sum;
    } catch (IOException e) {
      return 0;
    }
  }
}
