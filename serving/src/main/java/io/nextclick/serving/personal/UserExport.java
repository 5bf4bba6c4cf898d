// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.personal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.serving.answer.AnswersOfUser;
import io.nextclick.serving.answer.ClickJoin;
import io.nextclick.serving.answer.LoggedAnswer;
import io.nextclick.serving.answer.UserKey;
import io.nextclick.serving.answer.WaitingOfUser;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.state.ServingStore;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes everything that is known of a user, as JSON Lines: the stored sequence, what the erasure
 * ledger has, records that were refused, what waits for clicks, logged answers. One export at a
 * time, and none longer than ten minutes: it reads whole logs.
 */
public final class UserExport {

  private static final Logger LOG = LoggerFactory.getLogger(UserExport.class);
  private static final JsonMapper JSON =
      Json.mapper().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET).build();
  private static final long MAX_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final ServingStore store;
  private final ClickJoin clicks;
  private final Path answers;
  private final Path keyFile;
  private final InstantSource clock;
  private final AtomicReference<@Nullable Turn> turn = new AtomicReference<>();

  /** The turn of one export; it passes when the export ends, or its time. */
  public static final class Turn {
    private final long begin = System.nanoTime();

    private Turn() {}

    private boolean isOver() {
      return System.nanoTime() - begin > MAX_NANOS;
    }
  }

  /**
   * @param answers the directory of the answer log
   * @param keyFile the key that names users there; read when it is needed
   */
  public UserExport(
      ServingStore store, ClickJoin clicks, Path answers, Path keyFile, InstantSource clock) {
    this.store = store;
    this.clicks = clicks;
    this.answers = answers;
    this.keyFile = keyFile;
    this.clock = clock;
  }

  /** Takes the turn; null while another export has it. */
  public @Nullable Turn begin() {
    Turn now = turn.get();
    Turn mine = new Turn();
    return (now == null || now.isOver()) && turn.compareAndSet(now, mine) ? mine : null;
  }

  /** Writes the lines, and passes the turn on. */
  public void write(
      Turn mine, String user, RankedList.History history, StoredSequence stored, OutputStream out)
      throws IOException {
    try {
      new Writer(mine, user, out).write(history, stored);
    } finally {
      turn.compareAndSet(mine, null);
    }
  }

  private interface Part {
    void write() throws IOException;
  }

  /** One export. */
  private final class Writer implements WaitingOfUser.Visitor, AnswersOfUser.Visitor {

    private final Turn mine;
    private final String user;
    private final OutputStream out;
    private long lines;

    Writer(Turn mine, String user, OutputStream out) {
      this.mine = mine;
      this.user = user;
      this.out = out;
    }

    void write(RankedList.History history, StoredSequence stored) throws IOException {
      line(new ExportLine.About(user, clock.instant().toString()));
      sequence(history, stored.sequence());
      part("erasures", this::erasures);
      part("refused records", this::refused);
      part("impressions", () -> clicks.forEachOf(user, this));
      part("answers", () -> new AnswersOfUser(user, key(), this).readAll(answers));
      line(new ExportLine.End(lines));
    }

    /** What cannot be read is said, and the rest is written. */
    private void part(String what, Part part) throws IOException {
      try {
        part.write();
      } catch (UncheckedIOException e) {
        if (e.getCause() instanceof Gone gone) {
          throw gone;
        }
        unread(what, e);
      } catch (RuntimeException e) {
        unread(what, e);
      }
    }

    private void unread(String what, RuntimeException e) throws IOException {
      LOG.error("An export lacks {}", what, e);
      line(new ExportLine.Unread(what, "it cannot be read; see the log of the service"));
    }

    private void sequence(RankedList.History history, UserSequence sequence) throws IOException {
      FoldSettings settings = store.settings();
      line(new ExportLine.Sequence(history, sequence.attributes()));
      for (int t = 0; t < sequence.length(); t++) {
        line(
            new ExportLine.Entry(
                sequence.item(t),
                settings.actions().get(sequence.action(t)),
                time(sequence.timeMillis(t))));
      }
    }

    private void erasures() throws IOException {
      for (var entry : store.current().erasures(user).entrySet()) {
        line(
            new ExportLine.Erasure(
                entry.getKey().topic(),
                entry.getKey().partition(),
                entry.getValue().offset(),
                time(entry.getValue().timeMillis())));
      }
    }

    private void refused() {
      store
          .current()
          .forEachRefusedOf(
              user,
              entry -> {
                long taken = entry.appendTimeMillis();
                unchecked(
                    new ExportLine.Refused(
                        entry.partition().topic(),
                        entry.partition().partition(),
                        entry.offset(),
                        taken == SourceRecord.UNKNOWN_TIME ? null : time(taken),
                        entry.rejection().reason().label(),
                        new String(entry.head(), StandardCharsets.UTF_8)));
              });
    }

    @Override
    public void impression(String request, String model, long timeMillis, List<String> items) {
      unchecked(new ExportLine.Impression(request, model, time(timeMillis), items));
    }

    @Override
    public void click(String request, String item, long timeMillis) {
      unchecked(new ExportLine.Click(request, item, time(timeMillis)));
    }

    @Override
    public void answer(LoggedAnswer answer) throws IOException {
      line(new ExportLine.Answer(answer));
    }

    @Override
    public void unread(String file, String why) throws IOException {
      line(new ExportLine.Unread(file, why));
    }

    private @Nullable UserKey key() throws IOException {
      return Files.exists(keyFile) ? UserKey.read(keyFile) : null;
    }

    private void unchecked(ExportLine line) {
      try {
        line(line);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void line(ExportLine line) throws IOException {
      if (mine.isOver()) {
        throw new Gone("the export took longer than ten minutes");
      }
      byte[] bytes = JSON.writeValueAsBytes(line);
      try {
        out.write(bytes);
        out.write('\n');
      } catch (IOException e) {
        throw new Gone(String.valueOf(e.getMessage()), e);
      }
      lines++;
    }
  }

  /** Nobody reads any more. */
  private static final class Gone extends IOException {

    private static final long serialVersionUID = 1;

    Gone(String message) {
      super(message);
    }

    Gone(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }
}
