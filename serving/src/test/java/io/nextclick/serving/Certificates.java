// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * A certificate authority of a test, with what it signs, made by the JDK's keytool: half a second
 * for each. Key stores are PKCS12, with one password for all.
 */
public final class Certificates {

  public static final String PASSWORD = "changeit";

  private static final String AUTHORITY = "ca";

  private final Path directory;
  private final String name;

  private Certificates(Path directory, String name) {
    this.directory = directory;
    this.name = name;
  }

  /**
   * A new authority.
   *
   * @param directory where its files go
   * @param name of it: two of one directory have two names
   */
  public static Certificates authority(Path directory, String name) throws Exception {
    Certificates made = new Certificates(directory, name);
    made.keytool(AUTHORITY, "CN=" + name, "EC", "-ext", "bc:c", "-validity", "3650");
    return made;
  }

  /** A key store with the key of a server on this machine, valid for a year. */
  public Path server(String alias) throws Exception {
    return server(alias, "EC", "-validity", "365");
  }

  /**
   * A key store with the key of a server on this machine.
   *
   * @param algorithm EC or RSA
   * @param options of keytool, such as {@code -startdate -10d -validity 5}
   */
  public Path server(String alias, String algorithm, String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("-ext", "san=dns:localhost,ip:127.0.0.1"));
    return signed(alias, "CN=" + alias, algorithm, all.toArray(String[]::new));
  }

  /** A key store with the key of a client, valid for a year; {@code CN=alias} is its name. */
  public Path client(String alias) throws Exception {
    return client(alias, "-validity", "365");
  }

  /** The same, with options of keytool, such as {@code -startdate -10d -validity 5}. */
  public Path client(String alias, String... options) throws Exception {
    return signed(alias, "CN=" + alias + ",O=test", "EC", options);
  }

  /** A trust store with the certificate of this authority. */
  public Path trusted() throws Exception {
    return save(trust(), name + "-trusted.p12");
  }

  private KeyStore trust() throws GeneralSecurityException, IOException {
    KeyStore store = empty();
    store.setCertificateEntry(AUTHORITY, load(all()).getCertificate(AUTHORITY));
    return store;
  }

  /** The certificate of a key store that this authority made. */
  public static X509Certificate certificate(Path store, String alias) throws Exception {
    return (X509Certificate) load(store).getCertificate(alias);
  }

  /**
   * What a client of this authority's servers needs.
   *
   * @param client the key store of its own certificate; null for none
   */
  public SSLContext context(@Nullable Path client) throws Exception {
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trust());
    KeyManagerFactory keys = null;
    if (client != null) {
      keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(load(client), PASSWORD.toCharArray());
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  /**
   * The same with a certificate that is shown whoever the server asks for; a JDK's client keeps
   * those back that the server could not trust.
   */
  public static SSLContext forced(Certificates authority, Path client) throws Exception {
    KeyStore store = load(client);
    String alias = store.aliases().nextElement();
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(authority.trust());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {new Forced(store, alias)}, trust.getTrustManagers(), null);
    return context;
  }

  private static final class Forced extends X509ExtendedKeyManager {
    private final KeyStore store;
    private final String alias;

    Forced(KeyStore store, String alias) {
      this.store = store;
      this.alias = alias;
    }

    @Override
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
      return alias;
    }

    @Override
    public String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
      return alias;
    }

    @Override
    public X509Certificate[] getCertificateChain(String name) {
      try {
        return Arrays.copyOf(
            store.getCertificateChain(alias),
            store.getCertificateChain(alias).length,
            X509Certificate[].class);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public PrivateKey getPrivateKey(String name) {
      try {
        return (PrivateKey) store.getKey(alias, PASSWORD.toCharArray());
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public String[] getClientAliases(String type, Principal[] issuers) {
      return new String[] {alias};
    }

    @Override
    public String[] getServerAliases(String type, Principal[] issuers) {
      return new String[0];
    }

    @Override
    public @Nullable String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
      return null;
    }
  }

  /** A client that trusts this authority's servers, by HTTP/2 where they speak it. */
  public HttpClient http(@Nullable Path client) throws Exception {
    return http(client, Version.HTTP_2);
  }

  /** The same, by the version of HTTP that is named. */
  public HttpClient http(@Nullable Path client, Version version) throws Exception {
    return HttpClient.newBuilder()
        .version(version)
        .sslContext(context(client))
        .connectTimeout(Duration.ofSeconds(10))
        .build();
  }

  /** Puts a file in the place of another, as a whole. */
  public static void replace(Path from, Path to) throws IOException {
    Path beside = to.resolveSibling(to.getFileName() + ".new");
    Files.copy(from, beside, StandardCopyOption.REPLACE_EXISTING);
    Files.move(beside, to, StandardCopyOption.ATOMIC_MOVE);
  }

  private Path signed(String alias, String subject, String algorithm, String... options)
      throws Exception {
    List<String> all = new ArrayList<>(List.of("-signer", AUTHORITY));
    all.addAll(List.of(options));
    keytool(alias, subject, algorithm, all.toArray(String[]::new));
    KeyStore made = load(all());
    KeyStore own = empty();
    Certificate[] chain = made.getCertificateChain(alias);
    own.setKeyEntry(
        alias, made.getKey(alias, PASSWORD.toCharArray()), PASSWORD.toCharArray(), chain);
    return save(own, name + "-" + alias + ".p12");
  }

  /** The store of all keys of this authority, and of its own. */
  private Path all() {
    return directory.resolve(name + "-all.p12");
  }

  private void keytool(String alias, String subject, String algorithm, String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(
        List.of("-J-XX:TieredStopAtLevel=1", "-genkeypair", "-alias", alias, "-dname", subject));
    command.addAll(
        List.of("-keyalg", algorithm, "-keysize", algorithm.equals("EC") ? "256" : "2048"));
    command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
    command.addAll(List.of("-keystore", all().toString()));
    command.addAll(List.of(options));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  private static KeyStore empty() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static KeyStore load(Path file) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    return store;
  }

  private Path save(KeyStore store, String file) throws GeneralSecurityException, IOException {
    Path path = directory.resolve(file);
    try (OutputStream out = Files.newOutputStream(path)) {
      store.store(out, PASSWORD.toCharArray());
    }
    return path;
  }
}
