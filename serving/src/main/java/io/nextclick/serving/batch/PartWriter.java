// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.file.FileHash;
import io.nextclick.features.file.HashedFile;
import io.nextclick.features.json.Json;
import java.io.Closeable;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes the files of one part, and then its line in the journal. */
final class PartWriter implements Closeable {

  private static final JsonMapper JSON = Json.mapper().build();

  private final OutputDirectory directory;
  private final int part;
  private final String name;
  private final HashedFile file;
  private final PartFormat.Part ranked;
  private @Nullable HashedFile rejects;
  private long rows;
  private long users;
  private long rejected;
  private long pairs;

  PartWriter(OutputDirectory directory, PartFormat format, int part) throws IOException {
    this.directory = directory;
    this.part = part;
    this.name = "part-%05d.%s".formatted(part, format.extension());
    this.file = directory.newFile(name);
    this.ranked = format.begin(file.out());
  }

  void append(BatchTask.Done done) throws IOException {
    ranked.append(done.lists());
    for (InputRow.Bad bad : done.rejected()) {
      reject(bad);
    }
    rows += done.rows();
    users += done.rows() - done.rejected().size();
    rejected += done.rejected().size();
    pairs += done.pairs();
  }

  private void reject(InputRow.Bad bad) throws IOException {
    if (rejects == null) {
      rejects = directory.newFile(rejectName());
    }
    rejects.out().write(JSON.writeValueAsBytes(bad));
    rejects.out().write('\n');
  }

  private String rejectName() {
    return "rejected-%05d.jsonl".formatted(part);
  }

  /** Gives the files their names, then says so in the journal. */
  void finish() throws IOException {
    ranked.close();
    Map<String, FileHash> files = new TreeMap<>();
    files.put(name, file.commit());
    if (rejects != null) {
      files.put(rejectName(), rejects.commit());
    }
    directory.finish(new BatchPart(part, rows, users, rejected, pairs, files));
  }

  @Override
  public void close() throws IOException {
    try (file) {
      if (rejects != null) {
        rejects.close();
      }
    }
  }
}
