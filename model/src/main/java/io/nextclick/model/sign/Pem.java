// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.sign;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** One key in a text file (RFC 7468), read with bounds: every fault is a sentence with its file. */
final class Pem {

  static final String PUBLIC = "PUBLIC KEY";
  static final String PRIVATE = "PRIVATE KEY";

  /** A key takes about a hundred bytes; there may be words around it. */
  private static final int MAX_BYTES = 16_384;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

  private Pem() {}

  /**
   * The bytes of the one key in a file. A link is followed: mounted secrets are links.
   *
   * @param label {@link #PUBLIC} or {@link #PRIVATE}
   * @throws IllegalArgumentException if there is no such key; the message says what to do
   */
  static byte[] read(Path file, String label) {
    List<MatchResult> blocks = BLOCK.matcher(text(file)).results().toList();
    for (MatchResult block : blocks) {
      if (!block.group(1).equals(label)) {
        throw new IllegalArgumentException(file + ": " + other(block.group(1), label));
      }
    }
    if (blocks.isEmpty()) {
      throw new IllegalArgumentException(
          "%s: holds no key in PEM, from -----BEGIN %s----- to its end; %s"
              .formatted(file, label, makes(label)));
    }
    if (blocks.size() > 1) {
      throw new IllegalArgumentException(
          "%s: holds %d keys; give each a file of its own".formatted(file, blocks.size()));
    }
    try {
      return Base64.getDecoder().decode(blocks.getFirst().group(2).replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          file + ": its key is damaged: it is not Base64; take it from its source again", e);
    }
  }

  private static String text(Path file) {
    String fault =
        !Files.exists(file)
            ? "no such file; check the path"
            : !Files.isRegularFile(file)
                ? "is no regular file; name the file of a key"
                : !Files.isReadable(file) ? "may not be read; change its permissions" : "";
    if (!fault.isEmpty()) {
      throw new IllegalArgumentException(file + ": " + fault);
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IllegalArgumentException(
            file + ": is larger than a key; name the file of a key in PEM");
      }
      return new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "%s: cannot be read: %s; check the path".formatted(file, e.getMessage()), e);
    }
  }

  private static String other(String found, String label) {
    if (label.equals(PUBLIC) && found.endsWith(PRIVATE)) {
      return "holds a private key, which must not lie here: keep it where models are signed, and"
          + " name the file of its public key";
    }
    if (label.equals(PRIVATE) && found.equals("ENCRYPTED PRIVATE KEY")) {
      return "holds a key that a passphrase protects; openssl pkey -in FILE -out PLAIN gives the"
          + " key, for as long as you sign";
    }
    return "holds a %s, but a %s is needed; %s".formatted(found, label, makes(label));
  }

  private static String makes(String label) {
    return label.equals(PUBLIC)
        ? "nextclick models keygen makes one, and so does openssl pkey -pubout"
        : "nextclick models keygen makes one, and so does openssl genpkey -algorithm ed25519";
  }

  static String write(String label, byte[] bytes) {
    String base64 =
        Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes); // lines of RFC 7468
    return "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n"
        .replace("%n", "\n")
        .formatted(label, base64);
  }
}
