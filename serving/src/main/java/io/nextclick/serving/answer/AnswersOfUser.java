// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import io.nextclick.ingest.log.LogFrames;
import io.nextclick.ingest.log.RotatingLog;
import io.nextclick.serving.answer.AnswerFormat.Header;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Finds a user's answers in the files of a log, also in the one that is being written. Holds one
 * file's bytes, and the lines of one frame, at a time.
 */
public final class AnswersOfUser {

  private static final JsonMapper JSON = Json.mapper().build();
  private static final String OPEN = ".open";

  private final String user;
  private final @Nullable UserKey key;
  private final Visitor visitor;

  /** Hears of what is found. */
  public interface Visitor {
    /** An answer, under the name that the user has in its file. */
    void answer(LoggedAnswer answer) throws IOException;

    /** A file in which nobody can find the user, and why. */
    void unread(String file, String why) throws IOException;
  }

  /**
   * @param key that names users; null if there is none
   */
  public AnswersOfUser(String user, @Nullable UserKey key, Visitor visitor) {
    this.user = user;
    this.key = key;
    this.visitor = visitor;
  }

  /**
   * Visits the answers of all files, oldest first; a file that is removed meanwhile is left out.
   */
  public void readAll(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    for (Path file : RotatingLog.list(directory, AnswerFormat.NAME)) {
      try {
        read(file);
      } catch (NoSuchFileException e) {
        readRenamed(file);
      } catch (UncheckedIOException e) {
        visitor.unread(file.getFileName().toString(), String.valueOf(e.getMessage()));
      }
    }
  }

  private void readRenamed(Path file) throws IOException {
    String name = file.getFileName().toString();
    Path done = file.resolveSibling(name.replace(OPEN, ""));
    if (name.endsWith(OPEN) && Files.exists(done)) {
      read(done);
    }
  }

  private void read(Path file) throws IOException {
    LogFrames frames = RotatingLog.frames(file);
    String name = null;
    while (frames.hasNext()) {
      String lines = new String(frames.next(), StandardCharsets.UTF_8);
      if (name == null) {
        name = nameIn(file, lines);
      }
      if (name == null) {
        return;
      }
      String field = "\"user\":" + JSON.writeValueAsString(name);
      if (lines.contains(field)) {
        for (String line : lines.lines().filter(AnswerFormat::isAnswer).toList()) {
          if (line.contains(field)) {
            visit(line, name);
          }
        }
      }
    }
  }

  private void visit(String line, String name) throws IOException {
    LoggedAnswer answer = AnswerFormat.answer(line);
    if (answer.user().equals(name)) {
      visitor.answer(answer);
    }
  }

  /** The user's name in a file that begins with these lines; null if nobody can tell. */
  private @Nullable String nameIn(Path file, String lines) throws IOException {
    String first = lines.lines().filter(AnswerFormat::isHeader).findFirst().orElse("");
    String why;
    try {
      Header header = AnswerFormat.header(first);
      if (header.key() == null) {
        return user;
      }
      if (key != null && key.fingerprint().equals(header.key())) {
        return key.name(user);
      }
      why = "its users are named with another key";
    } catch (JsonProcessingException e) {
      why = "it does not begin as a log of answers";
    } catch (IOException e) {
      why = String.valueOf(e.getMessage());
    }
    visitor.unread(file.getFileName().toString(), why);
    return null;
  }
}
