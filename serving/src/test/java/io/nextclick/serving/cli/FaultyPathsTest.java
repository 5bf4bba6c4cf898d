// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * Every command of the program with every kind of path that cannot work: it fails at once, in one
 * line that names the path and what to do, and leaves every file as it was.
 *
 * <p>A row is a command line with places in braces. Each place in turn gets what its kind must
 * refuse, while all others are sound: {@code log} and {@code input} are files that are read, {@code
 * folder} and {@code full} directories (the second must not be empty), {@code either} is one of
 * both; {@code output} is a file that is written, {@code newFolder} and {@code fresh} directories
 * (the second holds nothing before); {@code word} is no path. A new command fails this test until
 * it has a row.
 */
@Timeout(300)
class FaultyPathsTest {

  /** Of a core: a machine that is busy with something else is no failure. */
  private static final Duration AT_ONCE = Duration.ofSeconds(2);

  /** Far too short for the work itself. */
  private static final Duration SOON = Duration.ofSeconds(10);

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** Nobody listens here. */
  private static final String CLOSED = "127.0.0.1:1";

  /** One row: the command with its subcommands, and its arguments. */
  private record Row(String command, List<String> arguments) {

    Row(String command, String... arguments) {
      this(command, List.of(arguments));
    }

    Row with(String... more) {
      return new Row(command, Stream.concat(arguments.stream(), Stream.of(more)).toList());
    }
  }

  /** What is wrong with a place. */
  private record Fault(String what, String value) {

    /** What is wrong with a file's content, its reader says in its own words. */
    boolean ofContent() {
      return what.equals(ANOTHER_KIND);
    }
  }

  private static final String ANOTHER_KIND = "a file of another kind";

  private static final List<Row> ROWS =
      List.of(
          new Row("demo", "--check", "--directory", "{fresh}", "--port", "{word:port}"),
          new Row("serve", "--config", "{input:config.yml}"),
          new Row("ingest", "--kafka", CLOSED, "--store", "{newFolder}"),
          new Row("ingest", "--kafka", CLOSED, "--store", "{newFolder}", "--group", "{word:blank}"),
          new Row("replay", "{log}", "--to", "store", "--store", "{newFolder}"),
          new Row("replay", "{log}", "--to", "{word:target}", "--store", "{unused}"),
          new Row("replay", "{log}", "--to", "kafka", "--kafka", CLOSED, "--mark", "{output}"),
          new Row("replay", "--verify", "{either:log.jsonl}", "--events", "{log:topics.jsonl}")
              .with("--models", "{folder:models}"),
          new Row("export", "{output:out.jsonl}", "--kafka", CLOSED),
          new Row("import", "csv", "{input:clicks.csv}", "{output:out.jsonl}"),
          new Row("import", "sasrec", "{input:sasrec.txt}", "{unused}.jsonl"),
          new Row("import", "movielens", "{folder:ml}", "{output:out.jsonl}"),
          new Row("import", "kuairand", "{folder:kuairand}", "{output:out.jsonl}"),
          new Row("import", "{word:importer}", "clicks.csv", "{unused}.jsonl"),
          new Row("import", "json", "{either:records.jsonl}", "{output:out.jsonl}", "--mapping")
              .with("{input:mapping.yml}"),
          new Row("map", "--try", "{input:records.jsonl}", "--mapping", "{input:mapping.yml}"),
          new Row("shop", "{output:out.jsonl}", "--truth", "{output:truth.jsonl}"),
          new Row("shop", "{word:suffix}"),
          new Row("train", "--events", "{log}", "--out", "{newFolder}/name"),
          new Row("train", "--events", "{log}", "--out", "{word:model}"),
          new Row("train", "--events", "{log}", "--out", "{newFolder}/name", "--preset")
              .with("{word:preset}"),
          new Row("evaluate", "--events", "{log}", "--model", "{full:models/good/v1}")
              .with("--json", "{output}", "--html", "{output:page.html}"),
          new Row("evaluate", "--events", "{log}", "--ranker", "{word:ranker}"),
          new Row("evaluate", "--protocol=time-split", "--events", "{log}", "--predictions")
              .with("p={input:truth.jsonl}", "--train-until=2026-10-21", "--test-from=2026-10-26"),
          new Row("score", "--model", "{full:models/good/v1}", "--events", "{log}")
              .with("--out", "{fresh}"),
          new Row("score", "--model", "{full:models/good/v1}", "--events", "{log}")
              .with("--out", "{unused}", "--users", "{input:users.csv}")
              .with("--candidates", "{input:items.csv}", "--format", "{word:format}"),
          new Row("score", "--model", "{full:models/good/v1}", "--store", "{full:store}")
              .with("--out", "{unused}"),
          new Row("backfill", "--service", "{word:url}", "--store", "{unused}"),
          new Row("checkpoint", "{fresh}", "--store", "{full:store}"),
          new Row("checkpoint", "--service", "{word:url}"),
          new Row("deadletters count", "--by", "{word:by}"),
          new Row("deadletters list", "--limit", "{word:number}"),
          new Row("deadletters show", "{word:extra}"),
          new Row("deadletters count", "--store", "{full:store}"),
          new Row("deadletters list", "--store", "{full:store}"),
          new Row("audit verify", "{full:audit}"),
          new Row("audit verify", "{unused}", "--known-hash", "{word:hash}"),
          new Row("models list", "{folder:models}"),
          new Row("models show", "{full:models/good/v1}"),
          new Row("models verify", "{full:models/good/v1}"),
          new Row("models list", "{folder:models}", "--trusted", "{input:release.key.pub}"),
          new Row("models verify", "{full:models/good/v1}", "--trusted")
              .with("{input:release.key.pub}"),
          new Row("models keygen", "{output:made.key}"),
          new Row("models sign", "{full:models/good/v1}", "--key", "{input:release.key}"),
          new Row("models new", "{newFolder}", "--name", "{word:name}", "--model-version=v1"),
          new Row("models new", "{unused}", "--name=a", "--model-version=v1", "--items")
              .with("{input:items.txt}"),
          new Row("models import", "{newFolder}", "--name", "{word:name}", "--model-version=v1")
              .with("--items", "{input:items.txt}", "--safetensors")
              .with("{input:models/good/v1/weights.safetensors}", "--architecture")
              .with("{input:models/good/v1/model.json}"),
          new Row("models import", "{unused}", "--name=a", "--model-version=v1")
              .with("--items={input:items.txt}", "--onnx={input:models/good/v1/model.onnx}"),
          new Row("keys add", "{word:name}", "--role=rank", "--keys={newFolder}"),
          new Row("keys list", "--keys={either:keys.json}"),
          new Row("keys rotate", "shop", "--keys={either:keys.json}"),
          new Row("keys revoke", "shop", "--keys={either:keys.json}"),
          new Row("doctor", "{log}"),
          new Row("doctor", "{word:extra}"),
          new Row("bench", "{word:extra}"),
          new Row("completion", "{word:shell}"));

  private static final Map<String, String> BAD_WORDS =
      Map.ofEntries(
          Map.entry("port", "http"),
          Map.entry("blank", " "),
          Map.entry("target", "nowhere"),
          Map.entry("suffix", "shop.txt"),
          Map.entry("model", "models/Beauty"),
          Map.entry("preset", "none"),
          Map.entry("ranker", "best"),
          Map.entry("format", "xml"),
          Map.entry("importer", "xls"),
          Map.entry("url", "nonsense"),
          Map.entry("name", "Bad name"),
          Map.entry("shell", "fish"),
          Map.entry("by", "colour"),
          Map.entry("number", "many"),
          Map.entry("hash", "0123456789"),
          Map.entry("extra", "--nonsense"));

  private static final Map<String, String> SOUND_WORDS =
      Map.ofEntries(
          Map.entry("port", "8080"),
          Map.entry("blank", "group"),
          Map.entry("target", "store"),
          Map.entry("preset", "clicks"),
          Map.entry("ranker", "markov"),
          Map.entry("format", "jsonl"),
          Map.entry("importer", "csv"),
          Map.entry("name", "a"));

  private static final Pattern PLACE = Pattern.compile("\\{(\\w+)(?::([^}]+))?}");

  @TempDir private static Path folder;

  @BeforeAll
  static void makeSoundFiles() throws IOException {
    run("shop", sound("log.jsonl"), "--users=20", "--items=60", "--truth", sound("truth.jsonl"));
    run("replay", sound("log.jsonl"), "--to", "store", "--store", sound("store"));
    run("models", "new", sound("models"), "--name=good", "--model-version=v1", "--item-count=60");
    run("models", "keygen", sound("release.key"));
    run("keys", "add", "shop", "--role=rank", "--keys", sound("keys.json"));
    Files.writeString(folder.resolve("users.csv"), "user\nu1\nu2\n");
    Files.writeString(folder.resolve("items.csv"), "item\ni1\ni2\n");
    Files.write(
        folder.resolve("items.txt"), IntStream.rangeClosed(1, 60).mapToObj(i -> "i" + i).toList());
    Files.writeString(folder.resolve("clicks.csv"), "user,item\nu1,i1\nu1,i2\n");
    Files.writeString(folder.resolve("sasrec.txt"), "1 1\n1 2\n");
    Files.writeString(
        folder.resolve("records.jsonl"), "{\"who\":\"u1\",\"what\":\"i1\",\"at\":1700000000}\n");
    Files.writeString(
        folder.resolve("mapping.yml"),
        "{action: click, user: /who, item: /what, time: /at, timeUnit: seconds}\n");
    Files.createDirectories(folder.resolve("audit"));
    Files.writeString(folder.resolve("audit/audit-000000000001.jsonl"), "");
    Files.createDirectories(folder.resolve("ml"));
    Files.createDirectories(folder.resolve("kuairand"));
    Files.writeString(folder.resolve("config.yml"), "store: {path: %s}\n".formatted(sound("none")));
    Files.writeString(
        folder.resolve("topics.jsonl"),
        """
        {"topic":"events","partition":0,"offset":0,"appended":1,"event":\
        {"id":"e","action":"click","user":"u","item":"i","time":1700000000000}}
        """);
    Files.createDirectory(folder.resolve("bad"));
    Files.createDirectory(folder.resolve("bad/directory"));
    Files.writeString(folder.resolve("bad/directory/kept"), "kept");
    Files.createDirectory(folder.resolve("bad/emptyDirectory"));
    Files.writeString(folder.resolve("bad/file"), "kept");
  }

  private static void run(String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertThat(run.status()).as(run.output()).isZero();
  }

  @Test
  void everyCommand_hasARow() {
    var commands = new TreeSet<String>();
    leaves("", Nextclick.commandLine(), commands);
    assertThat(ROWS.stream().map(Row::command).collect(Collectors.toSet())).isEqualTo(commands);
  }

  private static void leaves(String name, CommandLine command, Set<String> found) {
    if (command.getSubcommands().isEmpty()) {
      found.add(name.strip());
    }
    command.getSubcommands().forEach((sub, line) -> leaves(name + " " + sub, line, found));
  }

  @TestFactory
  Stream<DynamicTest> faults() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Row row : ROWS) {
      int places = (int) PLACE.matcher(String.join("\n", row.arguments)).results().count();
      for (int place = 0; place < places; place++) {
        int bad = place;
        for (Fault fault : faults(row, place)) {
          tests.add(
              DynamicTest.dynamicTest(
                  row.command + " " + String.join(" ", row.arguments) + ": " + fault,
                  () -> refuses(row, bad, fault)));
        }
      }
    }
    return tests.stream();
  }

  private static void refuses(Row row, int place, Fault fault) throws IOException {
    Map<String, String> before = files();
    long start = System.nanoTime();
    long startOfCpu = THREADS.getCurrentThreadCpuTime();

    CommandRun run = CommandRun.of(arguments(row, place, fault.value));

    Duration took = Duration.ofNanos(System.nanoTime() - start);
    Duration cpu = Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - startOfCpu);
    assertThat(run.status()).as(run.output()).isNotZero();
    String told = run.output().strip();
    String name = Path.of(fault.value).getFileName().toString();
    // Refused rows are shown before, and a configuration or a model has several faults at once;
    // a wrong word is followed by where help is.
    boolean many = fault.ofContent() || row.command.matches("serve|models verify");
    int lines = many ? 20 : run.status() == CommandLine.ExitCode.USAGE ? 2 : 1;
    assertThat(told.lines()).as(told).hasSizeLessThanOrEqualTo(lines);
    assertThat(told).contains(name.strip()).doesNotContain("Exception");
    assertThat(told).containsPattern(fault.ofContent() ? ": .* .* " : "; |--help says");
    assertThat(changed(before, files())).as(told).isEmpty();
    assertThat(cpu).as(told).isLessThan(AT_ONCE);
    assertThat(took).as(told).isLessThan(SOON);
  }

  private static Set<String> changed(Map<String, String> before, Map<String, String> after) {
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(after.keySet());
    names.removeIf(name -> Objects.equals(before.get(name), after.get(name)));
    return names;
  }

  /** The command line with one place as it must not be. */
  private static String[] arguments(Row row, int bad, String value) {
    var places = new AtomicInteger();
    Stream<String> words = Stream.of(row.command.split(" "));
    Stream<String> arguments =
        row.arguments.stream()
            .map(argument ->
                PLACE
                    .matcher(argument)
                    .replaceAll(place ->
                        Matcher.quoteReplacement(
                            places.getAndIncrement() == bad ? value : soundPlace(place))));
    return Stream.concat(words, arguments).toArray(String[]::new);
  }

  private static String soundPlace(MatchResult place) {
    return switch (place.group(1)) {
      case "log" -> sound(place.group(2) == null ? "log.jsonl" : place.group(2));
      case "input", "unread", "folder", "full", "either" -> sound(place.group(2));
      case "output" -> sound(place.group(2) == null ? "new.json" : place.group(2));
      case "word" -> SOUND_WORDS.getOrDefault(place.group(2), "unknown");
      default -> sound("new");
    };
  }

  private static List<Fault> faults(Row row, int place) {
    MatchResult found =
        PLACE.matcher(String.join("\n", row.arguments)).results().toList().get(place);
    String name = Objects.requireNonNullElse(found.group(2), "log.jsonl");
    String suffix = name.substring(Math.max(0, name.lastIndexOf('.')));
    return switch (found.group(1)) {
      case "log", "input" -> List.of(missing(suffix), directory(), empty(suffix), junk(suffix));
      case "unread" -> List.of(missing(suffix), empty(suffix));
      case "either" -> List.of(missing(""), empty(suffix), junk(suffix));
      case "folder" -> List.of(missing(""), new Fault("a file", bad("file")));
      case "full" ->
          List.of(
              missing(""),
              new Fault("a file", bad("file")),
              new Fault("an empty directory", bad("emptyDirectory")),
              new Fault("a directory of other things", bad("directory")));
      case "output" ->
          List.of(
              directory(),
              new Fault("no parent", bad("none/out" + suffix)),
              new Fault("below a file", bad("file/out" + suffix)),
              new Fault("where no file can be made", "/proc/out" + suffix),
              readOnly(suffix));
      case "newFolder" ->
          List.of(
              new Fault("a file", bad("file")),
              new Fault("below a file", bad("file/new")),
              new Fault("where no file can be made", "/proc/new"));
      case "fresh" ->
          List.of(
              new Fault("a file", bad("file")),
              new Fault("below a file", bad("file/new")),
              new Fault("where no file can be made", "/proc/new"),
              new Fault("a directory of other things", bad("directory")));
      case "word" -> List.of(new Fault("a word that is none", BAD_WORDS.get(name)));
      default -> List.of();
    };
  }

  private static Fault missing(String suffix) {
    return new Fault("missing", bad("missing" + suffix));
  }

  private static Fault directory() {
    return new Fault("a directory", bad("directory"));
  }

  private static Fault empty(String suffix) {
    return new Fault("an empty file", made("empty" + suffix, new byte[0]));
  }

  private static Fault junk(String suffix) {
    byte[] bytes = new byte[5_000];
    new SplittableRandom(7).nextBytes(bytes);
    return new Fault(ANOTHER_KIND, made("junk" + suffix, bytes));
  }

  private static Fault readOnly(String suffix) {
    String file = made("readonly" + suffix, new byte[] {1});
    try {
      Files.setPosixFilePermissions(Path.of(file), PosixFilePermissions.fromString("r--r--r--"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Fault("a read-only file", file);
  }

  private static String made(String name, byte[] bytes) {
    Path file = Path.of(bad(name));
    try {
      if (Files.notExists(file)) {
        Files.write(file, bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file.toString();
  }

  private static String bad(String name) {
    return folder.resolve("bad").resolve(name).toString();
  }

  private static String sound(String name) {
    return folder.resolve(name).toString();
  }

  /** Every file below the folder with its content; RocksDB's own diary is none of ours. */
  private static Map<String, String> files() throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path path : tree.toList()) {
        if (Files.isDirectory(path)) {
          files.put(path.toString(), "directory");
        } else if (!path.getFileName().toString().startsWith("LOG")) {
          files.put(path.toString(), HexFormat.of().formatHex(digest(Files.readAllBytes(path))));
        }
      }
    }
    return files;
  }

  private static byte[] digest(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
