// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.dropwizard.util.DataSize;
import io.dropwizard.util.Duration;
import io.nextclick.serving.answer.AnswerLog;
import io.nextclick.serving.answer.ClickJoin;
import io.nextclick.serving.answer.RequestSample;
import io.nextclick.serving.answer.UserKey;
import io.nextclick.serving.state.DataLayout;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The log of answers, which are also the impressions that clicks are joined with. */
public final class AnswersSection extends LogFilesSection {
  @DecimalMin("0")
  @DecimalMax("1")
  @JsonProperty
  double sample = 0.1;

  @JsonProperty @Nullable Path userKey = null;
  @JsonProperty boolean rawUsers = false;

  @NotEmpty @JsonProperty String click = "click";

  @TimeRange(min = "1ms", max = "3650d")
  @JsonProperty
  Duration window = Duration.minutes(30);

  @TimeRange(max = "3650d")
  @JsonProperty
  Duration grace = Duration.minutes(1);

  @Min(1)
  @Max(100_000_000)
  @JsonProperty
  int maxWaiting = 1_000_000;

  AnswersSection() {
    super(DataSize.mebibytes(64));
  }

  /** The file of the key that users are named with; null where their ids are logged. */
  public @Nullable Path userKey(DataLayout files) {
    return rawUsers ? null : keyFile(files);
  }

  /** The file of the key, also where answers are logged with ids: the audit log never is. */
  public Path keyFile(DataLayout files) {
    return userKey == null ? files.userKey() : userKey;
  }

  /** Where the log lies. */
  public Path directory(DataLayout files) {
    return directory == null ? files.answers() : directory;
  }

  /** How answers are joined with clicks. */
  public ClickJoin.Settings join(DataLayout files, UserKey.Source key) {
    return new ClickJoin.Settings(
        files.impressions(),
        new RequestSample(sample),
        key,
        click,
        window.toJavaDuration(),
        grace.toJavaDuration(),
        maxWaiting);
  }

  /**
   * How answers are logged.
   *
   * @param itemsTopic where the catalogue comes from
   */
  public AnswerLog.Settings log(DataLayout files, UserKey.Source key, String itemsTopic) {
    return new AnswerLog.Settings(
        directory(files), new RequestSample(sample), limits(), key, itemsTopic, queue);
  }
}
