// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.nextclick.serving.access.KeyFile;
import io.nextclick.serving.access.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keys and tokens of callers with one role each, and an identity provider's key set. */
final class Callers {

  static final String ISSUER = "https://id.example";
  static final String AUDIENCE = "nextclick";

  final KeyFile file;
  final RSAKey provider;
  private final Path keySet;
  private final SecureRandom random = new SecureRandom();
  private final Map<Role, String> keys = new EnumMap<>(Role.class);

  Callers(Path directory) throws Exception {
    file = new KeyFile(directory.resolve("keys.json"));
    provider = new RSAKeyGenerator(2_048).keyID("one").generate();
    keySet = directory.resolve("jwks.json");
    Files.writeString(keySet, new JWKSet(provider).toPublicJWKSet().toString());
    for (Role role : Role.values()) {
      keys.put(role, add(role.label(), EnumSet.of(role), null));
    }
  }

  /** The section of a configuration. */
  String yaml() {
    return """
    security:
      keys: "%s"
      tokens: {issuer: "%s", audience: "%s", keys: "%s"}
      certificates: {"CN=batch,O=test": [read-users]}
    """
        .formatted(file.path(), ISSUER, AUDIENCE, keySet);
  }

  String key(Role role) {
    return String.valueOf(keys.get(role));
  }

  String add(String name, Set<Role> roles, @Nullable Instant expires) throws Exception {
    return file.add(name, roles, Instant.now(), expires, random).text();
  }

  JWTClaimsSet.Builder claims(Role role) {
    return new JWTClaimsSet.Builder()
        .subject("subject-" + role.label())
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .expirationTime(Date.from(Instant.now().plusSeconds(600)))
        .claim("roles", List.of(role.label()));
  }

  String token(Role role) throws Exception {
    return signed(provider, claims(role).build());
  }

  static String signed(RSAKey key, JWTClaimsSet claims) throws Exception {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(), claims);
    token.sign(new RSASSASigner(key));
    return token.serialize();
  }
}
