// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The public keys of an identity provider, from a file or a URL. */
final class ProviderKeys implements JWKSource<SecurityContext> {

  private static final int MAX_BYTES = 1 << 20;
  private static final int MILLIS = 2_000;

  /** Keys are fetched again when they are this old, and no more than twice in {@link #AT_MOST}. */
  private static final Duration FRESH = Duration.ofMinutes(5);

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  /** A provider that is away stops nobody whose key is known for so long. */
  private static final Duration OUTAGE = Duration.ofHours(4);

  private final @Nullable WatchedFile<JWKSet> file;
  private final @Nullable JWKSource<SecurityContext> fetched;

  private ProviderKeys(
      @Nullable WatchedFile<JWKSet> file, @Nullable JWKSource<SecurityContext> fetched) {
    this.file = file;
    this.fetched = fetched;
  }

  static ProviderKeys of(TokenSettings settings) throws IOException {
    Path path = settings.keysFile();
    URI url = settings.keysUrl();
    if (path != null) {
      return new ProviderKeys(new WatchedFile<>(path, () -> read(path)), null);
    }
    if (url == null) {
      throw new IllegalArgumentException("no key set");
    }
    return new ProviderKeys(null, fetched(url));
  }

  private static JWKSet read(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new IOException(path + ": there is no such file; it holds the provider's key set");
    }
    if (Files.size(path) > MAX_BYTES) {
      throw new IOException(path + ": is longer than a key set can be");
    }
    try {
      return JWKSet.parse(Files.readString(path)).toPublicJWKSet();
    } catch (ParseException e) {
      throw new IOException(path + ": is no JSON Web Key Set: " + e.getMessage(), e);
    }
  }

  private static JWKSource<SecurityContext> fetched(URI url) throws MalformedURLException {
    var retriever = new DefaultResourceRetriever(MILLIS, MILLIS, MAX_BYTES);
    return JWKSourceBuilder.<SecurityContext>create(url.toURL(), retriever)
        .cache(FRESH.toMillis(), 2L * MILLIS + 1_000)
        .refreshAheadCache(false)
        .rateLimited(AT_MOST.toMillis())
        .outageTolerant(OUTAGE.toMillis())
        .build();
  }

  @Override
  public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context)
      throws KeySourceException {
    if (file != null) {
      return selector.select(file.content());
    }
    return fetched == null ? List.of() : fetched.get(selector, context);
  }

  void look() {
    if (file != null) {
      file.look();
    }
  }

  @Nullable String fault() {
    return file == null ? null : file.fault();
  }
}
