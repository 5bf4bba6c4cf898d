// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** The service by TLS, over sockets: who comes in, and by what. */
@Timeout(60)
class TlsTest {

  private static final ListAppender<ILoggingEvent> LOGGED = new ListAppender<>();

  @TempDir private static Path directory;
  private static Certificates authority;
  private static Path keys;
  private static TlsService service;

  @BeforeAll
  static void start() throws Exception {
    authority = Certificates.authority(directory, "one");
    keys = Files.copy(authority.server("ec"), directory.resolve("keys.p12"));
    service =
        TlsService.start(
            Files.createDirectory(directory.resolve("service")),
            keys,
            "wantClientAuth: true, trustStorePassword: changeit, trustStorePath: \"%s\""
                .formatted(authority.trusted()),
            "maxBody: 1KiB");
    LOGGED.start(); // the start sets logging up anew
    root().addAppender(LOGGED);
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
    root().detachAppender(LOGGED);
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void bothVersions_areAnswered(Version version) throws Exception {
    try (HttpClient http = authority.http(null, version)) {
      HttpResponse<String> answer = service.rank(http);

      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(answer.version()).isEqualTo(version);
      assertThat(service.admin(http, "/healthcheck").body()).contains("\"certificates\"");
      assertThat(service.admin(http, "/metrics").body())
          .containsPattern("nextclick_certificate_left_seconds\\{port=\"application\"\\} 3\\.1");
      assertThat(service.url()).isEqualTo("https://localhost:" + service.port());
    }
  }

  /** The body's bound, and the problem document in front of servlets. */
  @ParameterizedTest
  @EnumSource(Version.class)
  void body_thatIsTooLong_isRefused_andTheConnectionServesOn(Version version) throws Exception {
    try (HttpClient http = authority.http(null, version)) {
      HttpResponse<String> refused =
          http.send(
              service.post("/v1/rank", "{\"user\":\"" + "a".repeat(2_000) + "\"}"),
              HttpResponse.BodyHandlers.ofString());
      assertThat(refused.statusCode()).isEqualTo(413);
      assertThat(refused.headers().firstValue("connection")).isEmpty();
      assertThat(service.rank(http).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void newKeyStore_isTakenByItself() throws Exception {
    Path fresh = authority.server("fresh");
    X509Certificate wanted = Certificates.certificate(fresh, "fresh");
    Certificates.replace(fresh, keys);
    await()
        .atMost(30, SECONDS)
        .until(() -> {
          try (SSLSocket socket = connect()) {
            socket.startHandshake();
            return wanted.equals(socket.getSession().getPeerCertificates()[0]);
          }
        });
  }

  @ParameterizedTest
  @CsvSource({
    "TLSv1.3, TLS_AES_128_GCM_SHA256, true",
    "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, true",
    "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, false", // no authenticated encryption
    "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, false"
  })
  void suite_withoutAuthenticatedEncryption_isRefused(String protocol, String suite, boolean spoken)
      throws Exception {
    try (SSLSocket socket = connect()) {
      socket.setEnabledProtocols(new String[] {protocol});
      socket.setEnabledCipherSuites(new String[] {suite});
      if (spoken) {
        socket.startHandshake();
        assertThat(socket.getSession().getCipherSuite()).isEqualTo(suite);
      } else {
        assertThatThrownBy(socket::startHandshake).isInstanceOf(IOException.class);
      }
    }
  }

  /** As no JDK speaks it any more, by hand: 1.1 is offered, with a suite that it had. */
  @Test
  void tls11_isRefused() throws Exception {
    byte[] hello = new byte[50];
    byte[] head = {22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 2};
    System.arraycopy(head, 0, hello, 0, head.length); // 32 bytes of chance are 0, as is a session
    byte[] tail = {0, 2, (byte) 0xc0, 0x0a, 1, 0}; // TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA
    System.arraycopy(tail, 0, hello, 44, tail.length);
    try (Socket socket = new Socket("127.0.0.1", service.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(hello);
      byte[] answer = socket.getInputStream().readNBytes(7);
      assertThat(answer[0]).as("an alert").isEqualTo((byte) 21);
      assertThat(answer[6]).as("protocol_version").isEqualTo((byte) 70);
    }
  }

  @Test
  void renegotiation_askedByTheClient_endsTheConnection() throws Exception {
    try (SSLSocket socket = connect()) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      socket.startHandshake();
      assertThatThrownBy(
              () -> {
                socket.startHandshake();
                if (socket.getInputStream().read() < 0) {
                  throw new IOException("closed");
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  private static SSLSocket connect() throws Exception {
    SSLSocket socket =
        (SSLSocket)
            authority.context(null).getSocketFactory().createSocket("127.0.0.1", service.port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  @Test
  void plainHttp_onThePortOfTls_getsNoAnswer_andTheLogOneLine() throws Exception {
    for (int i = 0; i < 20; i++) {
      try (Socket socket = new Socket("127.0.0.1", service.port())) {
        socket.setSoTimeout(10_000);
        socket
            .getOutputStream()
            .write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
        String answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);
        assertThat(answer).doesNotContain("HTTP/");
      }
    }
    assertThat(LOGGED.list.stream().filter(line -> line.getFormattedMessage().contains("turned")))
        .hasSizeLessThanOrEqualTo(1);
    assertThat(LOGGED.list.stream().map(ILoggingEvent::getLoggerName))
        .noneMatch(name -> name.startsWith("org.eclipse.jetty"));
  }

  @Test
  void clientCertificate_wanted_isTakenOrDoneWithout_butNeverFromAnotherAuthority()
      throws Exception {
    try (HttpClient known = authority.http(authority.client("shop"));
        HttpClient unknown = authority.http(null)) {
      assertThat(service.rank(known).statusCode()).isEqualTo(200);
      assertThat(service.rank(unknown).statusCode()).isEqualTo(200);
    }
    Path foreign = Certificates.authority(directory, "other").client("shop");
    Path expired = authority.client("late", "-startdate", "-10d", "-validity", "5");
    for (Path client : new Path[] {foreign, expired}) {
      // JDK clients send none that the server does not ask for by its authority's name
      try (SSLSocket socket =
          (SSLSocket)
              Certificates.forced(authority, client)
                  .getSocketFactory()
                  .createSocket("127.0.0.1", service.port())) {
        socket.setSoTimeout(10_000);
        assertThatThrownBy(
                () -> {
                  socket.startHandshake();
                  socket.getOutputStream().write('G'); // in TLS 1.3 the refusal comes after that
                  if (socket.getInputStream().read() < 0) {
                    throw new IOException("closed");
                  }
                })
            .as(client.toString())
            .isInstanceOf(IOException.class);
      }
    }
  }
}
