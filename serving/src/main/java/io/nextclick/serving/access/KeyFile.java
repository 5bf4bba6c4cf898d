// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.file.DurableFile;
import io.nextclick.features.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The file that holds the keys' hashes; whoever changes it does so alone. */
public final class KeyFile {

  /** The most keys. */
  public static final int MAX_KEYS = 10_000;

  /** The longest file. */
  private static final long MAX_BYTES = 8L << 20;

  private static final int FORMAT = 1;
  private static final String REMEDY =
      "restore it, or move it away and make new keys with \"nextclick keys add\"";

  private static final JsonMapper JSON =
      Json.mapper()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private final Path path;

  /** What stands in it. */
  private record Content(int format, List<Entry> keys) {}

  private record Entry(
      String id,
      String name,
      String sha256,
      Set<Role> roles,
      String created,
      @Nullable String expires) {

    static Entry of(ApiKey key) {
      return new Entry(
          key.id(),
          key.name(),
          key.sha256(),
          new TreeSet<>(key.roles()),
          key.created().toString(),
          key.expires() == null ? null : key.expires().toString());
    }

    ApiKey key() {
      return new ApiKey(
          id,
          name,
          sha256,
          roles,
          Instant.parse(created),
          expires == null ? null : Instant.parse(expires));
    }
  }

  /**
   * A key that was made.
   *
   * @param text shown once, and kept nowhere
   */
  public record Made(ApiKey key, String text) {}

  public KeyFile(Path path) {
    this.path = path;
  }

  /** Where it lies. */
  public Path path() {
    return path;
  }

  /**
   * The keys; none if there is no file.
   *
   * @throws IOException if it cannot be read or holds something else
   */
  public List<ApiKey> read() throws IOException {
    if (!Files.exists(path)) {
      return List.of();
    }
    if (Files.size(path) > MAX_BYTES) {
      throw new IOException(path + ": is longer than a file of keys can be");
    }
    try {
      Content content = JSON.readValue(Files.readAllBytes(path), Content.class);
      if (content == null || content.format != FORMAT || content.keys == null) {
        throw new IOException(path + ": is no file of keys of format " + FORMAT);
      }
      List<ApiKey> keys = content.keys.stream().map(Entry::key).toList();
      if (keys.stream().map(ApiKey::id).distinct().count() != keys.size()) {
        throw new IOException(path + ": two keys have the same id");
      }
      return keys;
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw new IOException("%s: is no file of keys, line %d; %s".formatted(path, line, REMEDY), e);
    } catch (IllegalArgumentException | DateTimeException | NullPointerException e) {
      throw new IOException(
          "%s: has a key that is none: %s; %s".formatted(path, e.getMessage(), REMEDY), e);
    }
  }

  /**
   * Makes a key.
   *
   * @throws IllegalArgumentException if there is one of the name
   */
  public Made add(
      String name, Set<Role> roles, Instant now, @Nullable Instant expires, SecureRandom random)
      throws IOException {
    Made made = make(name, roles, now, expires, random);
    change(keys -> {
      if (!of(keys, name, now).isEmpty()) {
        throw new IllegalArgumentException(
            "there is a key %s already; give it a new one by: nextclick keys rotate %s"
                .formatted(name, name));
      }
      return with(keys, made.key);
    });
    return made;
  }

  /**
   * Makes a second key of a name, with the roles of the first, which expires at {@code end}.
   *
   * @throws IllegalArgumentException if there is none of the name, or two
   */
  public Made rotate(String name, Instant now, Instant end, SecureRandom random)
      throws IOException {
    List<ApiKey> before = of(read(), name, now);
    requireOne(name, before.size());
    Made made = make(name, before.getFirst().roles(), now, before.getFirst().expires(), random);
    change(keys -> {
      List<ApiKey> same = of(keys, name, now);
      requireOne(name, same.size());
      ApiKey old = same.getFirst();
      List<ApiKey> changed = new ArrayList<>(keys);
      changed.remove(old);
      changed.add(
          old.until(old.expires() == null || end.isBefore(old.expires()) ? end : old.expires()));
      return with(changed, made.key);
    });
    return made;
  }

  private void requireOne(String name, int count) {
    if (count == 0) {
      throw new IllegalArgumentException(
          "there is no key %s in %s; make one: nextclick keys add %s --role ROLE"
              .formatted(name, path, name));
    }
    if (count > 1) {
      throw new IllegalArgumentException(
          "%s has two keys already; when the new one is in use everywhere, revoke the old one: nextclick keys revoke %s --id ID"
              .formatted(name, name));
    }
  }

  /**
   * Removes the keys of a name.
   *
   * @param id of the only one to remove; null for all
   * @return how many
   * @throws IllegalArgumentException if there is none
   */
  public int revoke(String name, @Nullable String id) throws IOException {
    int[] removed = new int[1];
    change(keys -> {
      List<ApiKey> left =
          keys.stream()
              .filter(key -> !(key.name().equals(name) && (id == null || key.id().equals(id))))
              .toList();
      removed[0] = keys.size() - left.size();
      if (removed[0] == 0) {
        throw new IllegalArgumentException(
            "there is no key %s%s in %s; nextclick keys list says which there are"
                .formatted(name, id == null ? "" : " of id " + id, path));
      }
      return left;
    });
    return removed[0];
  }

  private static Made make(
      String name, Set<Role> roles, Instant now, @Nullable Instant expires, SecureRandom random) {
    String text = KeyText.create(random);
    String id = KeyText.id(text);
    if (id == null) {
      throw new IllegalStateException("a key without an id");
    }
    String hash = HexFormat.of().formatHex(KeyText.hash(text));
    return new Made(new ApiKey(id, name, hash, roles, now, expires), text);
  }

  private static List<ApiKey> of(List<ApiKey> keys, String name, Instant now) {
    return keys.stream().filter(key -> key.name().equals(name) && !key.isExpired(now)).toList();
  }

  private static List<ApiKey> with(List<ApiKey> keys, ApiKey key) {
    if (keys.size() >= MAX_KEYS) {
      throw new IllegalArgumentException("there are %,d keys, and no more fit".formatted(MAX_KEYS));
    }
    List<ApiKey> all = new ArrayList<>(keys);
    all.add(key);
    all.sort(Comparator.comparing(ApiKey::name).thenComparing(ApiKey::created));
    return all;
  }

  private void change(UnaryOperator<List<ApiKey>> edit) throws IOException {
    Path directory = path.toAbsolutePath().getParent();
    if (directory != null) {
      try {
        Files.createDirectories(directory);
      } catch (IOException e) {
        throw new IOException(path + ": its directory cannot be made; name another file", e);
      }
    }
    // Begun before it is read: of two who change it at once, one is refused.
    try (DurableFile file = DurableFile.beginAlone(path)) {
      file.restrictAccess();
      file.out().write(JSON.writeValueAsBytes(content(edit.apply(read()))));
      file.commit();
    }
  }

  private static Content content(List<ApiKey> keys) {
    return new Content(FORMAT, keys.stream().map(Entry::of).toList());
  }
}
