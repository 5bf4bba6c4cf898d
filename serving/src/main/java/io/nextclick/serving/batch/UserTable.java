// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.serving.api.CandidateList;
import io.nextclick.serving.api.FieldNumbers;
import io.nextclick.serving.api.JsonScalars.Scalar;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A file as rows of named fields. */
interface UserTable {

  /** Reads all rows; {@code progress} hears how far. */
  void read(Path file, Fields fields, Progress progress) throws IOException;

  /** Takes the fields of a row, or what is wrong with it. */
  interface Fields {
    void accept(long line, Cells row) throws IOException;

    void refuse(long line, String reason) throws IOException;
  }

  /** The part that has been read, from 0 to 1. */
  interface Progress {
    void at(double done);
  }

  /**
   * Fields as they stand in the file; those it does not have are null.
   *
   * @param fields numbers of {@code item}; those of candidates stand with them
   */
  record Cells(
      @Nullable String user,
      @Nullable String item,
      @Nullable CandidateList candidates,
      @JsonDeserialize(contentUsing = Scalar.class) @Nullable Map<String, @Nullable String> context,
      @JsonDeserialize(using = FieldNumbers.class) @Nullable CandidateFields fields) {}
}
