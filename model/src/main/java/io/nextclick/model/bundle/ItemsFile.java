// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Ids;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** {@code items.txt}. */
final class ItemsFile {

  private ItemsFile() {}

  /** One id per line, every line ended. */
  static Vocabulary parse(Path path, byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (!text.isEmpty() && !text.endsWith("\n")) {
        throw new MalformedBundleException(path, "", "its last line is not ended");
      }
      List<String> ids = List.of(text.split("\n", -1));
      ids = ids.subList(0, ids.size() - 1); // nothing follows the last line break
      for (int i = 0; i < ids.size(); i++) {
        String problem = Ids.fault(ids.get(i));
        if (problem != null) {
          throw new MalformedBundleException(path, "line=" + (i + 1), "item id " + problem);
        }
      }
      return new Vocabulary(ids);
    } catch (CharacterCodingException e) {
      throw new MalformedBundleException(path, "", "is not UTF-8");
    } catch (IllegalArgumentException e) {
      throw new MalformedBundleException(path, "", String.valueOf(e.getMessage()));
    }
  }
}
