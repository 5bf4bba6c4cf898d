// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensTest {

  private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");
  private static final String ISSUER = "https://id.example";
  private static RSAKey rsa;
  private static ECKey ec;
  private static RSAKey foreign;

  @TempDir private Path directory;
  private Path file;
  private Tokens tokens;

  @BeforeAll
  static void makeKeys() throws Exception {
    rsa = new RSAKeyGenerator(2_048).keyID("rsa").generate();
    ec = new ECKeyGenerator(Curve.P_256).keyID("ec").generate();
    foreign = new RSAKeyGenerator(2_048).keyID("rsa").generate(); // the same id, another key
  }

  @BeforeEach
  void trust() throws Exception {
    file = directory.resolve("jwks.json");
    Files.writeString(file, new JWKSet(List.of(rsa, ec)).toPublicJWKSet().toString());
    tokens = new Tokens(settings(null, file), () -> NOW);
  }

  private static TokenSettings settings(@Nullable URI url, @Nullable Path path) {
    return new TokenSettings(
        ISSUER,
        "nextclick",
        url,
        path,
        "roles",
        Map.of("shop-admins", Set.of(Role.MODELS, Role.CATALOGUE)),
        Duration.ofSeconds(60));
  }

  private static JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .subject("ann")
        .issuer(ISSUER)
        .audience("nextclick")
        .issueTime(Date.from(NOW))
        .expirationTime(Date.from(NOW.plusSeconds(300)))
        .claim("roles", List.of("rank", "shop-admins", "something-else"));
  }

  private static String signed(RSAKey key, UnaryOperator<JWTClaimsSet.Builder> change)
      throws Exception {
    return signed(key, key.getKeyID(), change);
  }

  private static String signed(RSAKey key, String id, UnaryOperator<JWTClaimsSet.Builder> change)
      throws Exception {
    JWSHeader header =
        new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(id).type(JOSEObjectType.JWT).build();
    SignedJWT token = new SignedJWT(header, change.apply(claims()).build());
    token.sign(new RSASSASigner(key));
    return token.serialize();
  }

  private @Nullable Caller caller(String token) throws Exception {
    return tokens.caller(token);
  }

  @Test
  void caller_rightToken_hasTheRolesOfTheClaim() throws Exception {
    String token = signed(rsa, c -> c);

    assertThat(tokens.known(token)).isNull();
    Caller caller = caller(token);

    assertThat(caller).isNotNull();
    assertThat(caller.name()).isEqualTo("ann");
    assertThat(caller.roles()).containsOnly(Role.RANK, Role.MODELS, Role.CATALOGUE);
    assertThat(tokens.known(token)).isEqualTo(caller);
  }

  @Test
  void caller_rolesInOneText_areTakenApart() throws Exception {
    Caller caller = caller(signed(rsa, c -> c.claim("roles", "rank erase")));

    assertThat(caller).isNotNull();
    assertThat(caller.roles()).containsOnly(Role.RANK, Role.ERASE);
  }

  @Test
  void caller_ellipticCurve_counts() throws Exception {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("ec").build(), claims().build());
    token.sign(new ECDSASigner(ec));

    assertThat(caller(token.serialize())).isNotNull();
  }

  @Test
  void caller_withoutSignature_isNobody() throws Exception {
    assertThat(caller(new PlainJWT(claims().build()).serialize())).isNull();
    String[] parts = signed(rsa, c -> c).split("\\.");
    assertThat(caller(parts[0] + "." + parts[1] + ".")).isNull();
  }

  /** The public key is known to all: who signs with it as a secret must not be believed. */
  @Test
  void caller_symmetricAlgorithmWithThePublicKey_isNobody() throws Exception {
    for (byte[] secret :
        List.of(
            rsa.toRSAPublicKey().getEncoded(),
            rsa.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8))) {
      SignedJWT token =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("rsa").build(), claims().build());
      token.sign(new MACSigner(secret));
      assertThat(caller(token.serialize())).isNull();
    }
  }

  @Test
  void caller_otherKey_isNobody() throws Exception {
    assertThat(caller(signed(foreign, c -> c))).isNull();
  }

  @Test
  void caller_unknownKeyId_isNobody() throws Exception {
    assertThat(caller(signed(foreign, "unheard-of", c -> c))).isNull();
    assertThat(caller(signed(rsa, "unheard-of", c -> c))).isNull();
  }

  @Test
  void caller_changedClaims_isNobody() throws Exception {
    String[] right = signed(rsa, c -> c).split("\\.");
    String[] other = signed(rsa, c -> c.subject("eve")).split("\\.");

    assertThat(caller(right[0] + "." + other[1] + "." + right[2])).isNull();
  }

  @Test
  void caller_times_areBoundedByTheClockSkew() throws Exception {
    assertThat(caller(signed(rsa, c -> c.expirationTime(Date.from(NOW.minusSeconds(61))))))
        .isNull();
    assertThat(caller(signed(rsa, c -> c.expirationTime(Date.from(NOW.minusSeconds(50))))))
        .isNotNull();
    assertThat(caller(signed(rsa, c -> c.notBeforeTime(Date.from(NOW.plusSeconds(61)))))).isNull();
    assertThat(caller(signed(rsa, c -> c.notBeforeTime(Date.from(NOW.plusSeconds(50))))))
        .isNotNull();
    assertThat(caller(signed(rsa, c -> c.expirationTime(null)))).isNull();
  }

  @Test
  void caller_otherIssuerOrAudienceOrNoSubject_isNobody() throws Exception {
    assertThat(caller(signed(rsa, c -> c.issuer("https://other.example")))).isNull();
    assertThat(caller(signed(rsa, c -> c.issuer(null)))).isNull();
    assertThat(caller(signed(rsa, c -> c.audience("shop")))).isNull();
    assertThat(caller(signed(rsa, c -> c.audience((String) null)))).isNull();
    assertThat(caller(signed(rsa, c -> c.subject(null)))).isNull();
    assertThat(caller(signed(rsa, c -> c.subject(" ")))).isNull();
    assertThat(caller(signed(rsa, c -> c.subject("x".repeat(129))))).isNull();
  }

  @Test
  void caller_junk_isNobody() throws Exception {
    for (String junk :
        List.of("", ".", "..", "a.b.c", "a.b.c.d.e", "nck_x", "é.é.é", "e30.e30.e30")) {
      assertThat(caller(junk)).as(junk).isNull();
    }
  }

  @Test
  void file_changed_newKeysCount() throws Exception {
    Files.writeString(file, new JWKSet(foreign).toPublicJWKSet().toString());
    tokens.look();

    assertThat(caller(signed(rsa, c -> c))).isNull();
    assertThat(caller(signed(foreign, c -> c))).isNotNull();

    Files.writeString(file, "{");
    tokens.look();
    assertThat(tokens.fault()).contains("jwks.json");
    assertThat(caller(signed(foreign, c -> c.subject("bob")))).isNotNull();
  }

  @Test
  void url_keysAreFetchedOnce_andUnknownIdsDoNotFetchThemOnAndOn() throws Exception {
    AtomicInteger fetched = new AtomicInteger();
    byte[] keys = Files.readAllBytes(file);
    HttpServer provider =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    provider.createContext(
        "/jwks",
        exchange -> {
          fetched.incrementAndGet();
          exchange.sendResponseHeaders(200, keys.length);
          exchange.getResponseBody().write(keys);
          exchange.close();
        });
    provider.start();
    try {
      int port = provider.getAddress().getPort();
      tokens =
          new Tokens(settings(URI.create("http://127.0.0.1:" + port + "/jwks"), null), () -> NOW);
      for (int i = 0; i < 20; i++) {
        int number = i;
        assertThat(caller(signed(rsa, c -> c.subject("u" + number)))).isNotNull();
      }
      assertThat(fetched).hasValue(1);
      for (int i = 0; i < 20; i++) {
        assertThat(caller(signed(rsa, "unheard-of-" + i, c -> c))).isNull();
      }
      assertThat(fetched.get()).isLessThanOrEqualTo(3);
    } finally {
      provider.stop(0);
    }
    assertThat(caller(signed(rsa, c -> c.subject("after")))).isNotNull(); // the keys are known
  }

  @Test
  void url_nobodyAnswers_isNotTheTokensFault() throws Exception {
    tokens = new Tokens(settings(URI.create("http://127.0.0.1:1/jwks"), null), () -> NOW);
    String token = signed(rsa, c -> c);

    org.assertj.core.api.Assertions.assertThatThrownBy(() -> caller(token))
        .isInstanceOf(Tokens.UnavailableException.class);
  }
}
