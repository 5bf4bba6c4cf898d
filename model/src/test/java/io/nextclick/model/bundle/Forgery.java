// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** A bundle whose maker has changed a file and then made all hashes right again. */
record Forgery(Path bundle) {

  /** Replaces a file, and its size and hash in the manifest. */
  void replace(String file, byte[] bytes) throws IOException {
    Files.write(bundle.resolve(file), bytes);
    manifest(tree -> sign(tree, file, bytes.length, BundleFiles.sha256(bytes)));
  }

  /** States a size and a hash of a file in the manifest. */
  static void sign(ObjectNode tree, String file, long size, String sha256) {
    ((ObjectNode) tree.get("files")).putObject(file).put("bytes", size).put("sha256", sha256);
  }

  /** Changes the manifest, and makes its checksum right again. */
  void manifest(Consumer<ObjectNode> change) throws IOException {
    Path path = bundle.resolve(Manifest.FILE);
    JsonNode tree = BundleJson.MAPPER.readTree(Files.readAllBytes(path));
    change.accept((ObjectNode) tree);
    manifest(BundleJson.MAPPER.writeValueAsString(tree));
  }

  /** Writes a manifest as text, and makes its checksum right. */
  void manifest(String text) throws IOException {
    String zeros = "0".repeat(64);
    String open = text.replaceFirst("(\"checksum\"\\s*:\\s*\")[^\"]*", "$1" + zeros);
    String sum = BundleFiles.sha256(open.getBytes(StandardCharsets.UTF_8));
    Files.writeString(bundle.resolve(Manifest.FILE), open.replace(zeros, sum));
  }
}
