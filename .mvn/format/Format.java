// SPDX-License-Identifier: Apache-2.0
import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Checks (`check`), or rewrites (`write`), every Java file below a folder in google-java-format. */
public class Format {
  public static void main(String[] args) throws Exception {
    boolean write = args[0].equals("write");
    Path root = Path.of(args[1]);
    Formatter formatter = new Formatter();
    List<Path> files;
    try (var walk = Files.walk(root)) {
      files =
          walk.filter(p -> p.toString().endsWith(".java"))
              .filter(p -> root.relativize(p).toString().contains("src/"))
              .filter(p -> !root.relativize(p).toString().contains("target/"))
              .sorted()
              .toList();
    }
    List<Path> wrong = new ArrayList<>();
    for (Path file : files) {
      String source = Files.readString(file);
      String formatted = formatter.formatSourceAndFixImports(source);
      if (!formatted.equals(source)) {
        wrong.add(root.relativize(file));
        if (write) {
          Files.writeString(file, formatted);
        }
      }
    }
    if (!write && !wrong.isEmpty()) {
      System.err.println("Not formatted; run ./mvnw -q -N -Dformat=write validate :");
      wrong.forEach(file -> System.err.println("  " + file));
      System.exit(1);
    }
  }
}
