// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of an identity provider: JSON Web Tokens (RFC 7519), checked as RFC 8725 recommends: by
 * algorithms of the provider's public keys alone, with issuer, audience and times.
 */
final class Tokens {

  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  private static final int MAX_NAME = 128;
  private static final int MAX_KNOWN = 10_000;

  /** A token's signature is not checked again for so long; its times are. */
  private static final Duration KNOWN_FOR = Duration.ofMinutes(1);

  private final TokenSettings settings;
  private final InstantSource clock;
  private final ProviderKeys keys;
  private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
  private final Cache<ByteBuffer, Checked> known;

  private record Checked(Caller caller, Instant expires) {}

  /** The provider's keys cannot be had now. */
  static final class UnavailableException extends Exception {
    private static final long serialVersionUID = 1;

    UnavailableException(Throwable cause) {
      super("the identity provider's keys cannot be had: " + cause.getMessage(), cause);
    }
  }

  Tokens(TokenSettings settings, InstantSource clock) throws IOException {
    this.settings = settings;
    this.clock = clock;
    this.keys = ProviderKeys.of(settings);
    this.known = Caffeine.newBuilder().maximumSize(MAX_KNOWN).expireAfterWrite(KNOWN_FOR).build();
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys));
    DefaultJWTClaimsVerifier<SecurityContext> claims =
        new DefaultJWTClaimsVerifier<>(
            settings.audience(),
            new JWTClaimsSet.Builder().issuer(settings.issuer()).build(),
            Set.of("sub", "exp")) {
          @Override
          protected Date currentTime() {
            return Date.from(clock.instant());
          }
        };
    claims.setMaxClockSkew(Math.toIntExact(settings.clockSkew().toSeconds()));
    processor.setJWTClaimsSetVerifier(claims);
  }

  /** Whose token this is, if that was found not long ago. */
  @Nullable Caller known(String token) {
    Checked checked = known.getIfPresent(ByteBuffer.wrap(KeyText.hash(token)));
    return checked == null || isOver(checked.expires) ? null : checked.caller;
  }

  /**
   * Whose token this is; null if it does not count.
   *
   * @throws UnavailableException if that cannot be told
   */
  @Nullable Caller caller(String token) throws UnavailableException {
    try {
      SignedJWT signed = SignedJWT.parse(token);
      JWTClaimsSet claims = processor.process(signed, null);
      String name = claims.getSubject();
      if (name.isBlank() || name.length() > MAX_NAME) {
        return null;
      }
      Caller caller = new Caller(name, Caller.Kind.TOKEN, roles(claims));
      Instant expires = claims.getExpirationTime().toInstant();
      known.put(ByteBuffer.wrap(KeyText.hash(token)), new Checked(caller, expires));
      return caller;
    } catch (RateLimitReachedException e) {
      return null; // unknown key ids came faster than the provider is asked for new keys
    } catch (KeySourceException e) {
      throw new UnavailableException(e);
    } catch (ParseException | BadJOSEException | JOSEException | IllegalArgumentException e) {
      return null;
    }
  }

  private boolean isOver(Instant expires) {
    return !clock.instant().isBefore(expires.plus(settings.clockSkew()));
  }

  private Set<Role> roles(JWTClaimsSet claims) {
    Set<Role> roles = EnumSet.noneOf(Role.class);
    Object claim = claims.getClaim(settings.rolesClaim());
    List<?> values =
        claim instanceof String text
            ? Arrays.asList(text.split(" "))
            : claim instanceof List<?> list ? list : List.of();
    for (Object value : values) {
      roles.addAll(settings.roles().getOrDefault(String.valueOf(value), Set.of()));
      for (Role role : Role.values()) {
        if (role.label().equals(value)) {
          roles.add(role);
        }
      }
    }
    return roles;
  }

  void look() {
    keys.look();
  }

  @Nullable String fault() {
    return keys.fault();
  }
}
