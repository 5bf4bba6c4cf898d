// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import io.dropwizard.lifecycle.Managed;
import io.github.bucket4j.TimeMeter;
import io.nextclick.serving.access.Login.Reason;
import io.nextclick.serving.concurrent.Periodic;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds out who asks: by an API key, a token, or the connection's client certificate. */
public final class Access implements Managed {

  private static final Logger LOG = LoggerFactory.getLogger(Access.class);

  /** A key that is revoked counts no longer than about this. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  private static final String SCHEME = "bearer ";
  private static final int RETRY_SECONDS = 2;
  private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();

  private static final Login OPEN = new Login.Known(Caller.ANYBODY);
  private static final Login NOTHING =
      refused(
          Reason.NO_CREDENTIALS,
          0,
          "Show who you are: Authorization: Bearer KEY; docs/security.md says how keys are made");
  private static final Login BAD =
      refused(
          Reason.BAD_CREDENTIALS,
          0,
          "This key or token does not count: it is unknown, expired or revoked");
  private static final Login SLOWED =
      refused(
          Reason.SLOWED,
          RETRY_SECONDS,
          "Too many keys or tokens from this address did not count; try again later");
  private static final Login UNAVAILABLE =
      refused(
          Reason.UNAVAILABLE,
          RETRY_SECONDS,
          "Tokens cannot be checked now: the identity provider does not answer; try again later");

  private final ApiKeys keys;
  private final @Nullable Tokens tokens;
  private final Map<X500Principal, Caller> certificates = new LinkedHashMap<>();
  private final FailedLogins failed = new FailedLogins(TimeMeter.SYSTEM_NANOTIME);
  private final Periodic looking = Periodic.later("access", LOOK, this::look);
  private final String own = KeyText.create(new SecureRandom());
  private final byte[] ownBytes = own.getBytes(StandardCharsets.UTF_8);
  private final Caller self =
      new Caller("self", Caller.Kind.KEY, EnumSet.of(Role.RANK, Role.ADMIN));
  private final AtomicLong nextWarning = new AtomicLong(System.nanoTime());
  private final boolean spelledOpen;
  private volatile boolean open;

  /**
   * Who is known.
   *
   * @param open whether nobody is asked
   * @param keys the file of API keys
   * @param tokens null where none count
   * @param certificates roles by subjects of client certificates, such as {@code CN=batch}
   */
  public record Settings(
      boolean open,
      Path keys,
      @Nullable TokenSettings tokens,
      Map<String, Set<Role>> certificates) {}

  /**
   * Reads what there is.
   *
   * @throws IOException if the keys, or those of the identity provider, cannot be read
   */
  public Access(Settings settings, InstantSource clock) throws IOException {
    this.keys = new ApiKeys(new KeyFile(settings.keys), clock);
    this.tokens = settings.tokens == null ? null : new Tokens(settings.tokens, clock);
    settings.certificates.forEach((subject, roles) ->
        certificates.put(
            new X500Principal(subject), new Caller(subject, Caller.Kind.CERTIFICATE, roles)));
    this.spelledOpen = settings.open;
    this.open = settings.open || (keys.isEmpty() && tokens == null && certificates.isEmpty());
  }

  private static Login refused(Reason reason, int retryAfterSeconds, String detail) {
    return new Login.Refused(reason, retryAfterSeconds, detail);
  }

  /** Whether everybody may do everything: because that is wanted, or nobody has a key yet. */
  public boolean isOpen() {
    return open;
  }

  /** Whether that stands in the configuration. */
  public boolean isSpelledOpen() {
    return spelledOpen;
  }

  /** A key that this process shows itself, to try itself out; it stands nowhere. */
  public String ownKey() {
    return own;
  }

  @Override
  public void start() {
    looking.start();
  }

  @Override
  public void stop() throws InterruptedException {
    looking.stop();
  }

  /** Reads again what has changed. */
  void look() {
    keys.look();
    if (tokens != null) {
      tokens.look();
    }
    if (open && !spelledOpen && !keys.isEmpty()) {
      open = false; // and stays so: the last key that is revoked opens nothing
      LOG.info("There are keys now: from here on, every request needs one");
    }
  }

  /** What is wrong with a file of keys; null if nothing is. */
  public @Nullable String fault() {
    String fault = keys.fault();
    return fault == null && tokens != null ? tokens.fault() : fault;
  }

  /** Credentials that did not count, since the start. */
  public long failures() {
    return failed.count();
  }

  /**
   * Who asks.
   *
   * @param authorization the header of that name
   * @param certificate of the connection, verified
   * @param address where the request comes from
   */
  public Login login(
      @Nullable String authorization, @Nullable X509Certificate certificate, InetAddress address) {
    if (open) {
      return OPEN;
    }
    if (authorization == null) {
      Caller caller =
          certificate == null ? null : certificates.get(certificate.getSubjectX500Principal());
      return caller == null ? NOTHING : new Login.Known(caller);
    }
    String shown =
        authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)
            ? authorization.substring(SCHEME.length()).strip()
            : "";
    Login login = shown(shown);
    if (login.equals(BAD) && failed.count(address)) {
      return SLOWED; // what counts is let in all the same: behind a proxy, all have one address
    }
    return login;
  }

  private Login shown(String text) {
    if (KeyText.looksLikeOne(text) || tokens == null) {
      boolean isOwn = MessageDigest.isEqual(ownBytes, text.getBytes(StandardCharsets.UTF_8));
      Caller caller = isOwn ? self : keys.caller(text);
      return caller == null ? BAD : new Login.Known(caller);
    }
    Caller known = tokens.known(text);
    if (known != null) {
      return new Login.Known(known);
    }
    try {
      Caller caller = tokens.caller(text);
      return caller == null ? BAD : new Login.Known(caller);
    } catch (Tokens.UnavailableException e) {
      long now = System.nanoTime();
      long next = nextWarning.get();
      if (now - next >= 0 && nextWarning.compareAndSet(next, now + QUIET_NANOS)) {
        LOG.warn("{}; the next line in a minute at the earliest", e.getMessage());
      }
      return UNAVAILABLE;
    }
  }
}
