// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.dropwizard.jetty.HttpsConnectorFactory;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates of one connector, taken anew from their files when these change.
 *
 * <p>In place of Jetty's KeyStoreScanner, which looks at one file's time only, and leaves a
 * connector that refuses everyone when the new file cannot be used. Here new files are read whole,
 * opened and tried first; until that works, the old certificates stay.
 */
final class ConnectorCertificates {

  private static final Logger LOG = LoggerFactory.getLogger(ConnectorCertificates.class);
  private static final Duration REMIND = Duration.ofDays(1);

  /** What the files held. */
  private record Contents(byte[] keys, byte @Nullable [] trusted, byte @Nullable [] revoked) {
    boolean isSame(Contents other) {
      return Arrays.equals(keys, other.keys)
          && Arrays.equals(trusted, other.trusted)
          && Arrays.equals(revoked, other.revoked);
    }
  }

  private final String port;
  private final HttpsConnectorFactory settings;
  private final StoreFile keys;
  private final @Nullable StoreFile trusted;
  private final @Nullable Path revoked;
  private final String revokedSetting;

  private volatile ServedCertificates served;
  private volatile @Nullable String fault;
  private final AtomicLong taken = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private SslContextFactory.@Nullable Server connector;
  private Runnable taking = () -> {};
  private Contents inUse;
  private boolean doubted; // what was found cannot be used: it may be half of a new file
  private Instant remindAfter = Instant.MIN;

  /**
   * Reads them for the first time.
   *
   * @param setting the path of the connector's settings
   * @param port what it is for: application or admin
   * @throws IllegalArgumentException naming the setting, if they cannot be used
   */
  ConnectorCertificates(String setting, String port, HttpsConnectorFactory settings, Instant now) {
    this.port = port;
    this.settings = settings;
    this.keys =
        new StoreFile(
            setting,
            "keyStore",
            Path.of(String.valueOf(settings.getKeyStorePath())),
            settings.getKeyStoreType(),
            settings.getKeyStoreProvider(),
            settings.getKeyStorePassword());
    String trustPath = settings.getTrustStorePath();
    this.trusted =
        trustPath == null
            ? null
            : new StoreFile(
                setting,
                "trustStore",
                Path.of(trustPath),
                settings.getTrustStoreType(),
                settings.getTrustStoreProvider(),
                settings.getTrustStorePassword());
    this.revoked = settings.getCrlPath() == null ? null : settings.getCrlPath().toPath();
    this.revokedSetting = setting + ".crlPath";
    this.inUse = read();
    this.served = open(inUse, now);
  }

  /** What the connector is for. */
  String port() {
    return port;
  }

  ServedCertificates served() {
    return served;
  }

  /** Why the files are not what is in use; null if they are. */
  @Nullable String fault() {
    return fault;
  }

  /** How often new files were taken. */
  long taken() {
    return taken.get();
  }

  /** How often new files could not be used. */
  long refused() {
    return refused.get();
  }

  /**
   * Gives a connector that has not started what was read.
   *
   * @param whenTaken is called each time that it has new ones
   */
  void attach(SslContextFactory.Server factory, Runnable whenTaken) {
    connector = factory;
    taking = whenTaken;
    set(factory, served);
  }

  /** Takes the files anew if they have changed, and says what must be done about them. */
  synchronized void look(Instant now) {
    try {
      Contents found = read();
      if (found.isSame(inUse)) {
        mended();
      } else {
        take(found, now);
      }
    } catch (IllegalArgumentException e) {
      if (doubted) {
        tell(String.valueOf(e.getMessage()));
      }
      doubted = true;
    }
    remind(now);
  }

  private void mended() {
    doubted = false;
    if (fault != null) {
      fault = null;
      LOG.info("{}: the files are again those in use, with {}", keys, served.describe());
    }
  }

  private void take(Contents found, Instant now) {
    ServedCertificates fresh = open(found, now);
    SslContextFactory.Server factory = connector;
    if (factory != null) {
      attempt(factory, fresh);
      reload(factory, fresh);
    }
    inUse = found;
    served = fresh;
    doubted = false;
    fault = null;
    taken.incrementAndGet();
    remindAfter = Instant.MIN;
    taking.run();
    LOG.info("{}: new connections get {}", keys, fresh.describe());
  }

  private void tell(String why) {
    if (!why.equals(fault)) {
      fault = why;
      refused.incrementAndGet();
      LOG.error("{}. The old one stays in use: {}", why, served.describe());
    }
  }

  private void remind(Instant now) {
    String warning = served.warning(now);
    if (warning != null && now.isAfter(remindAfter)) {
      LOG.warn("{}: {}", keys, warning);
      remindAfter = now.plus(REMIND);
    }
  }

  private Contents read() {
    return new Contents(
        keys.read(),
        trusted == null ? null : trusted.read(),
        revoked == null ? null : StoreFile.read(revokedSetting, revoked));
  }

  private ServedCertificates open(Contents found, Instant now) {
    KeyStore store = keys.load(found.keys);
    String own = settings.getKeyManagerPassword();
    return ServedCertificates.of(
        keys,
        store,
        settings.getCertAlias(),
        own == null ? settings.getKeyStorePassword() : own,
        trusted == null || found.trusted == null
            ? null
            : TrustedCertificates.of(trusted, found.trusted),
        now);
  }

  private static void set(SslContextFactory.Server factory, ServedCertificates fresh) {
    factory.setKeyStore(fresh.keys());
    if (fresh.trusted() != null) {
      factory.setTrustStore(fresh.trusted());
    }
  }

  /** What is wrong with them comes out here, and not when the connector has given up the old. */
  private void attempt(SslContextFactory.Server like, ServedCertificates fresh) {
    SslContextFactory.Server trial = new SslContextFactory.Server();
    set(trial, fresh);
    trial.setKeyStorePassword(like.getKeyStorePassword());
    trial.setKeyManagerPassword(like.getKeyManagerPassword());
    trial.setCrlPath(like.getCrlPath());
    trial.setValidateCerts(like.isValidateCerts());
    trial.setValidatePeerCerts(like.isValidatePeerCerts());
    trial.setCertAlias(like.getCertAlias());
    try {
      trial.start();
      trial.stop();
    } catch (Exception e) {
      throw keys.unusable(e);
    }
  }

  private void reload(SslContextFactory.Server factory, ServedCertificates fresh) {
    try {
      factory.reload(same -> set(factory, fresh));
    } catch (Exception e) {
      try {
        factory.reload(same -> set(factory, served));
      } catch (Exception alsoWrong) {
        e.addSuppressed(alsoWrong);
      }
      throw keys.unusable(e);
    }
  }
}
