// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.serving.access.Login.Reason;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessTest {

  private static final InetAddress HERE = InetAddress.getLoopbackAddress();

  @TempDir private Path directory;
  private KeyFile file;

  @BeforeEach
  void name() {
    file = new KeyFile(directory.resolve("keys.json"));
  }

  private Access access(boolean open) throws Exception {
    return new Access(new Access.Settings(open, file.path(), null, Map.of()), () -> Instant.EPOCH);
  }

  private String add(String name) throws Exception {
    return file.add(name, EnumSet.of(Role.RANK), Instant.EPOCH, null, new SecureRandom()).text();
  }

  private static Reason reason(Login login) {
    assertThat(login).isInstanceOf(Login.Refused.class);
    return ((Login.Refused) login).reason();
  }

  @Test
  void login_firstKey_closesForGood() throws Exception {
    Access access = access(false);
    assertThat(access.isOpen()).isTrue();
    assertThat(access.login(null, null, HERE)).isEqualTo(new Login.Known(Caller.ANYBODY));

    String key = add("shop");
    access.look();
    assertThat(reason(access.login(null, null, HERE))).isEqualTo(Reason.NO_CREDENTIALS);
    assertThat(access.login("Bearer " + key, null, HERE)).isInstanceOf(Login.Known.class);

    file.revoke("shop", null);
    access.look();
    assertThat(reason(access.login(null, null, HERE))).isEqualTo(Reason.NO_CREDENTIALS);
  }

  @Test
  void login_spelledOpen_staysOpen() throws Exception {
    add("shop");
    Access access = access(true);
    access.look();

    assertThat(access.login("Bearer nonsense", null, HERE)).isInstanceOf(Login.Known.class);
  }

  @Test
  void login_manyThatDoNotCount_slowTheirAddressAndNoKeyThatCounts() throws Exception {
    String key = add("shop");
    Access access = access(false);
    for (int i = 0; i < FailedLogins.BURST; i++) {
      assertThat(reason(access.login("Bearer " + i, null, HERE))).isEqualTo(Reason.BAD_CREDENTIALS);
    }

    assertThat(reason(access.login("Bearer x", null, HERE))).isEqualTo(Reason.SLOWED);
    assertThat(reason(access.login("Bearer x", null, InetAddress.getByName("192.0.2.1"))))
        .isEqualTo(Reason.BAD_CREDENTIALS);
    assertThat(access.login("bearer " + key, null, HERE)).isInstanceOf(Login.Known.class);
    assertThat(access.failures()).isEqualTo(FailedLogins.BURST + 2);
  }

  @Test
  void login_otherSchemes_areRefused() throws Exception {
    String key = add("shop");
    Access access = access(false);

    for (String header : new String[] {"", "Bearer", "Basic " + key, key, "Bearer  "}) {
      assertThat(reason(access.login(header, null, HERE))).isEqualTo(Reason.BAD_CREDENTIALS);
    }
  }
}
