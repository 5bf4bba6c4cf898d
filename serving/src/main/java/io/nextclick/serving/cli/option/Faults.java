// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** What went wrong, as a sentence: of a file's fault, the JDK's exceptions say only its path. */
public final class Faults {

  private Faults() {}

  /** What was wrong, where, and what to do. */
  public static String sentence(Throwable fault) {
    Throwable cause = fault.getCause();
    return switch (fault) {
      case CommandFailed told when cause != null && repeats(told, cause) -> sentence(cause);
      case UncheckedIOException wrapped when cause != null && repeats(wrapped, cause) ->
          sentence(cause);
      case NoSuchFileException e -> e.getFile() + ": no such file or folder; check the path";
      case AccessDeniedException e ->
          e.getFile() + ": access denied; change its permissions, or run as its owner";
      case DirectoryNotEmptyException e ->
          e.getFile() + ": is not empty; give another name, or empty it";
      case FileAlreadyExistsException e ->
          e.getFile() + ": is there already; give another name, or remove it";
      case NotDirectoryException e -> e.getFile() + ": is no directory; check the path";
      case FileSystemException e when e.getReason() != null && e.getReason().contains("No space") ->
          e.getFile() + ": the disk is full; free some space and start again";
      case FileSystemException e -> e.getFile() + ": " + reason(e) + "; check the path";
      default -> fault.getMessage() == null ? fault.toString() : fault.getMessage();
    };
  }

  /** Whether a wrapper says no more than what it wraps. */
  private static boolean repeats(Throwable wrapper, Throwable cause) {
    String message = String.valueOf(wrapper.getMessage());
    return message.equals(String.valueOf(cause.getMessage())) || message.equals(cause.toString());
  }

  private static String reason(FileSystemException e) {
    return e.getReason() == null ? "cannot be used" : e.getReason();
  }
}
