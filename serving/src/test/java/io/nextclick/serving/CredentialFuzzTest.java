// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.nextclick.serving.access.Role;
import io.nextclick.serving.access.Route.Port;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Credentials that are random, cut, foreign, expired, replayed after their end, or right: nobody
 * gets in who should not, no fault of ours, no secret in the log or in a metric. {@code
 * -Dnextclick.credentials=100000} sends as many; {@code -Dnextclick.fuzz.seed=N} sends others.
 */
@Timeout(1_800)
class CredentialFuzzTest {

  private static final int REQUESTS = Integer.getInteger("nextclick.credentials", 3_000);
  private static final long SEED = Long.getLong("nextclick.fuzz.seed", 20_261_130);

  private final SplittableRandom random = new SplittableRandom(SEED);
  @TempDir private Path directory;

  /** A credential with the roles that it gives. */
  private record Credential(String header, Set<Role> roles) {}

  private record Target(String method, Port port, String path, String body, Set<Role> roles) {}

  private static final List<Target> TARGETS =
      List.of(
          new Target(
              "POST",
              Port.APPLICATION,
              "/v1/rank",
              "{\"user\":\"u\",\"candidates\":[\"i1\"]}",
              Set.of(Role.RANK)),
          new Target("GET", Port.APPLICATION, "/v1/users/u1", "", Set.of(Role.READ_USERS)),
          new Target("DELETE", Port.APPLICATION, "/v1/users/u1", "", Set.of(Role.ERASE)),
          new Target("PUT", Port.APPLICATION, "/v1/items/i1", "{}", Set.of(Role.CATALOGUE)),
          new Target("GET", Port.APPLICATION, "/v1/models", "", Set.of(Role.RANK, Role.MODELS)),
          new Target("GET", Port.ADMIN, "/metrics", "", Set.of(Role.ADMIN)),
          new Target("POST", Port.ADMIN, "/tasks/none", "", Set.of(Role.ADMIN)));

  @Test
  void credentials_ofAllKinds_letInWhoMay() throws Exception {
    Callers callers = new Callers(directory);
    List<Credential> right = right(callers);
    List<Credential> wrong = wrong(callers);
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    List<String> faults = new ArrayList<>();
    Map<Integer, Integer> statuses = new TreeMap<>();
    String metrics;
    try (NextclickServer server =
        NextclickServer.start(
            RunningService.configuration(directory, "kafka: none\n" + callers.yaml()))) {
      logged.start();
      root().addAppender(logged);
      for (int i = 0; i < REQUESTS; i++) {
        Credential credential =
            random.nextInt(4) == 0
                ? pick(right)
                : random.nextBoolean() ? pick(wrong) : damaged(pick(right));
        Target target = pick(TARGETS);
        int port = target.port == Port.ADMIN ? server.adminPort() : server.port();
        int status = status(send(port, target, credential.header));
        statuses.merge(status, 1, Integer::sum);
        boolean may = credential.roles.stream().anyMatch(target.roles::contains);
        boolean let = status != 401 && status != 403 && status != 429 && status != 400;
        if (let && !may || !let && may || status >= 500 && status != 503 || status == 0) {
          faults.add(
              "%s %s with %s of %s: %d"
                  .formatted(
                      target.method, target.path, credential.header, credential.roles, status));
        }
      }
      Target ask = TARGETS.get(5);
      metrics = send(server.adminPort(), ask, "Bearer " + callers.key(Role.ADMIN));
      assertThat(status(metrics)).isEqualTo(200);
    } finally {
      root().detachAppender(logged);
    }
    assertThat(faults).as("seed " + SEED + ", " + statuses).isEmpty();
    assertThat(statuses).containsKeys(200, 401, 403);
    StringBuilder said = new StringBuilder(metrics);
    logged.list.forEach(event -> said.append('\n').append(event.getFormattedMessage()));
    for (Credential credential : right) {
      String secret = credential.header.substring("Bearer ".length());
      assertThat(said.toString()).doesNotContain(secret.substring(secret.length() - 40));
    }
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  private List<Credential> right(Callers callers) throws Exception {
    List<Credential> right = new ArrayList<>();
    for (Role role : Role.values()) {
      right.add(new Credential("Bearer " + callers.key(role), EnumSet.of(role)));
      right.add(new Credential("Bearer " + callers.token(role), EnumSet.of(role)));
    }
    return right;
  }

  private List<Credential> wrong(Callers callers) throws Exception {
    RSAKey foreign = new RSAKeyGenerator(2_048).keyID("one").generate();
    Date before = Date.from(Instant.now().minusSeconds(300));
    Date after = Date.from(Instant.now().plusSeconds(300));
    List<String> texts = new ArrayList<>();
    for (Role role : Role.values()) {
      texts.add(Callers.signed(foreign, callers.claims(role).build()));
      texts.add(
          Callers.signed(callers.provider, callers.claims(role).expirationTime(before).build()));
      texts.add(
          Callers.signed(callers.provider, callers.claims(role).notBeforeTime(after).build()));
      texts.add(Callers.signed(callers.provider, callers.claims(role).audience("other").build()));
      texts.add(Callers.signed(callers.provider, callers.claims(role).issuer("other").build()));
      texts.add(new PlainJWT(callers.claims(role).build()).serialize());
      SignedJWT symmetric =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("one").build(),
              callers.claims(role).build());
      symmetric.sign(new MACSigner(callers.provider.toRSAPublicKey().getEncoded()));
      texts.add(symmetric.serialize());
    }
    texts.add(callers.add("old", EnumSet.allOf(Role.class), Instant.now()));
    texts.add(callers.add("revoked", EnumSet.allOf(Role.class), null));
    callers.file.revoke("revoked", null);
    texts.add("nck_");
    texts.add("x".repeat(5_000));
    List<Credential> wrong = new ArrayList<>();
    texts.forEach(text -> wrong.add(new Credential("Bearer " + text, Set.of())));
    wrong.add(new Credential("", Set.of()));
    wrong.add(new Credential("Basic YWRtaW46YWRtaW4=", Set.of()));
    wrong.add(
        new Credential(
            "Bearer %s\r\nAuthorization: Bearer %s"
                .formatted(callers.key(Role.RANK), callers.key(Role.ADMIN)),
            Set.of()));
    return wrong;
  }

  /** One letter changed, cut off, or added, behind the scheme. */
  private Credential damaged(Credential right) {
    String text = right.header.substring("Bearer ".length());
    int at = random.nextInt(text.length() - 1); // the last letter has bits that nobody reads
    String changed =
        switch (random.nextInt(4)) {
          case 0 -> text.substring(0, at);
          case 1 -> text.substring(0, at) + "_A" + text.substring(at);
          case 2 -> text.substring(0, at) + other(text.charAt(at)) + text.substring(at + 1);
          default -> text.substring(at) + text.substring(0, at);
        };
    return new Credential("Bearer " + changed, changed.equals(text) ? right.roles : Set.of());
  }

  private static char other(char c) {
    return c == 'Q' ? 'R' : 'Q';
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private static String send(int port, Target target, String header) throws IOException {
    String request =
        "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n%s%sContent-Length: %d\r\n\r\n%s"
            .formatted(
                target.method,
                target.path,
                header.isEmpty() ? "" : "Authorization: " + header + "\r\n",
                target.body.isEmpty() ? "" : "Content-Type: application/json\r\n",
                target.body.length(),
                target.body);
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      try (InputStream in = socket.getInputStream()) {
        in.transferTo(answer);
      }
      return answer.toString(StandardCharsets.UTF_8);
    }
  }

  private static int status(String answer) {
    return answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
  }
}
