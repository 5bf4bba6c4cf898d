// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.dropwizard.http2.Http2ConnectorFactory;
import io.nextclick.serving.Certificates;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Certificates that change while the service runs, of the service and of its clients. */
@Timeout(60)
class TlsCertificatesTest {

  private static final Consumer<Http2ConnectorFactory> PLAIN = settings -> {};

  @TempDir private static Path made;
  private static Certificates authority;
  private static Certificates other;
  private static Path first;
  private static Path second;

  @TempDir private Path directory;
  private Path keys;
  private Path trusted;
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  @BeforeAll
  static void make() throws Exception {
    authority = Certificates.authority(made, "one");
    other = Certificates.authority(made, "two");
    first = authority.server("first");
    second = authority.server("second", "RSA", "-validity", "200");
  }

  @BeforeEach
  void copy() throws Exception {
    keys = Files.copy(first, directory.resolve("keys.p12"));
    trusted = Files.copy(authority.trusted(), directory.resolve("trusted.p12"));
    logged.start();
    log().addAppender(logged);
  }

  @AfterEach
  void forget() {
    log().detachAppender(logged);
  }

  private static Logger log() {
    return (Logger) LoggerFactory.getLogger(ConnectorCertificates.class);
  }

  private void clients(Http2ConnectorFactory settings) {
    settings.setTrustStorePath(trusted.toString());
    settings.setTrustStorePassword(Certificates.PASSWORD);
    settings.setWantClientAuth(true);
  }

  private static HttpResponse<String> get(HttpClient http, EncryptedServer server)
      throws IOException, InterruptedException {
    URI uri = URI.create("https://localhost:" + server.port() + "/");
    return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  /** Whose certificate a new connection gets. */
  private static String shown(EncryptedServer server) throws Exception {
    try (HttpClient http = authority.http(null)) {
      X509Certificate leaf =
          (X509Certificate) get(http, server).sslSession().orElseThrow().getPeerCertificates()[0];
      return leaf.getSubjectX500Principal().getName();
    }
  }

  @Test
  void newFiles_underLoad_areTaken_withoutALostRequest() throws Exception {
    Queue<String> lost = new ConcurrentLinkedQueue<>();
    AtomicInteger answered = new AtomicInteger();
    try (EncryptedServer server = new EncryptedServer(keys, this::clients, new Names())) {
      List<Thread> clients = new ArrayList<>();
      for (Version version : Version.values()) {
        for (int i = 0; i < 2; i++) {
          clients.add(Thread.ofVirtual().start(() -> load(server, version, answered, lost)));
        }
      }
      for (int i = 0; i < 10; i++) {
        int before = answered.get();
        Certificates.replace(i % 2 == 0 ? second : first, keys);
        server.certificates.look();
        while (answered.get() < before + 20 && lost.isEmpty()) {
          Thread.sleep(10);
        }
      }
      clients.forEach(Thread::interrupt);
      for (Thread client : clients) {
        client.join();
      }
      assertThat(server.certificates.taken()).isEqualTo(10);
    }
    assertThat(lost).isEmpty();
  }

  private static void load(
      EncryptedServer server, Version version, AtomicInteger answered, Queue<String> lost) {
    try (HttpClient http = authority.http(null, version)) {
      while (!Thread.currentThread().isInterrupted() && lost.isEmpty()) {
        HttpResponse<String> answer = get(http, server);
        if (answer.statusCode() != 200) {
          lost.add(answer.toString());
        }
        answered.incrementAndGet();
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      lost.add(version + ": " + e);
    }
  }

  @Test
  void connectionThatIsOpen_movesToTheNewCertificate() throws Exception {
    try (EncryptedServer server = new EncryptedServer(keys, PLAIN, new Names());
        HttpClient http = authority.http(null)) {
      get(http, server);
      Certificates.replace(second, keys);
      server.certificates.look();
      get(http, server); // asks it to leave
      X509Certificate leaf =
          (X509Certificate) get(http, server).sslSession().orElseThrow().getPeerCertificates()[0];
      assertThat(leaf).isEqualTo(Certificates.certificate(second, "second"));
    }
  }

  @Test
  void filesThatCannotBeUsed_leaveTheOldOnes_andAreToldOnce() throws Exception {
    Path expired = authority.server("expired", "EC", "-startdate", "-9d", "-validity", "5");
    byte[] whole = Files.readAllBytes(second);
    try (EncryptedServer server = new EncryptedServer(keys, PLAIN, new Names())) {
      for (byte[] wrong :
          List.of(
              Arrays.copyOf(whole, whole.length / 2),
              new byte[0],
              Files.readAllBytes(expired),
              Files.readAllBytes(authority.trusted()))) { // no key
        int lines = logged.list.size();
        Files.write(keys, wrong);
        server.certificates.look();
        assertThat(logged.list).as("it may be being written").hasSize(lines);
        for (int i = 0; i < 3; i++) {
          server.certificates.look();
        }
        assertThat(logged.list).hasSize(lines + 1);
        assertThat(logged.list.getLast().getLevel()).isEqualTo(Level.ERROR);
        assertThat(server.certificates.faults())
            .contains("server.applicationConnectors[0].keyStorePath: " + keys);
        assertThat(new CertificatesHealthCheck(server.certificates).execute().isHealthy())
            .isFalse();
        assertThat(shown(server)).isEqualTo("CN=first");
        Files.copy(first, keys, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        server.certificates.look();
        assertThat(server.certificates.faults()).isEmpty();
      }
      Files.delete(keys);
      server.certificates.look();
      server.certificates.look();
      assertThat(server.certificates.faults()).contains("does not exist");

      Files.write(keys, whole);
      server.certificates.look();
      assertThat(server.certificates.faults()).isEmpty();
      assertThat(shown(server)).isEqualTo("CN=second");
      assertThat(server.certificates.refused()).isEqualTo(5);
    }
  }

  @Test
  void clients_areKnownByTheirCertificate_andTheTrustStoreSaysWhom() throws Exception {
    try (EncryptedServer server = new EncryptedServer(keys, this::clients, new Names())) {
      for (Version version : Version.values()) {
        try (HttpClient shop = authority.http(authority.client("shop-" + version), version);
            HttpClient nobody = authority.http(null, version)) {
          assertThat(get(shop, server).body()).isEqualTo("CN=shop-" + version + ",O=test");
          assertThat(get(shop, server).body()).isEqualTo("CN=shop-" + version + ",O=test");
          assertThat(get(nobody, server).body()).isEqualTo("nobody");
        }
      }
      Files.writeString(trusted, pem(other.trusted()));
      server.certificates.look();
      assertThat(server.certificates.taken()).isEqualTo(1);

      assertThat(isLetIn(authority.client("old"), server)).isFalse();
      assertThat(isLetIn(other.client("new"), server)).isTrue();
    }
  }

  /** As openssl writes it. */
  private static String pem(Path store) throws Exception {
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder().encodeToString(Certificates.certificate(store, "ca").getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }

  /** Whether a client that shows this certificate, asked for or not, gets an answer. */
  private static boolean isLetIn(Path client, EncryptedServer server) throws Exception {
    try (RawHttp2 raw = new RawHttp2(Certificates.forced(authority, client), server.port())) {
      raw.get(1, "/");
      return raw.status() == 200;
    } catch (IOException refused) {
      return false;
    }
  }

  @Test
  void client_withoutACertificateThatIsNeeded_isRefused() throws Exception {
    Consumer<Http2ConnectorFactory> needed =
        settings -> {
          clients(settings);
          settings.setNeedClientAuth(true);
        };
    try (EncryptedServer server = new EncryptedServer(keys, needed, new Names());
        HttpClient shop = authority.http(authority.client("needed"));
        HttpClient nobody = authority.http(null)) {
      assertThat(get(shop, server).body()).isEqualTo("CN=needed,O=test");
      assertThatThrownBy(() -> get(nobody, server)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void certificateThatEndsSoon_isToldBefore_andOneOfFewDaysNotAtOnce() throws Exception {
    ServedCertificates year = served(first, "first");
    Instant end = year.end();
    assertThat(year.warning(end.minus(Duration.ofDays(15)))).isNull();
    assertThat(year.warning(end.minus(Duration.ofDays(13)))).contains("CN=first", "expires on");
    assertThat(year.warning(end.plusSeconds(1))).contains("has expired");

    ServedCertificates days = served(authority.server("days", "EC", "-validity", "6"), "days");
    assertThat(days.warning(days.end().minus(Duration.ofDays(4)))).isNull();
    assertThat(days.warning(days.end().minus(Duration.ofDays(1)))).contains("expires on");
  }

  private static ServedCertificates served(Path store, String alias) throws Exception {
    StoreFile file =
        new StoreFile("server", "keyStore", store, "PKCS12", null, Certificates.PASSWORD);
    return ServedCertificates.of(
        file, file.load(file.read()), alias, Certificates.PASSWORD, null, Instant.now());
  }

  /** Answers with the name of who asks. */
  private static final class Names extends Handler.Abstract {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      X509Certificate client = ClientCertificate.of(request, Instant.now());
      String name = client == null ? "nobody" : client.getSubjectX500Principal().getName();
      response.write(true, ByteBuffer.wrap(name.getBytes(US_ASCII)), callback);
      return true;
    }
  }
}
