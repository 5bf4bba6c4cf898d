// SPDX-License-Identifier: Apache-2.0
package io.nextclick.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.sort_array;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.udf;

import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.model.rank.UserRanker;
import io.nextclick.model.rank.UserRanker.Candidates;
import io.nextclick.model.rank.UserRanker.Ranked;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Folds an event log and ranks items for its users, as {@code nextclick score --events} does.
 *
 * <p>Arguments: event log (Parquet: {@code offset} BIGINT, {@code value} STRING or BINARY), model
 * directory, output, events kept per user, items per user; then, optionally, users (Parquet: {@code
 * user} STRING, {@code candidates} ARRAY of STRING or null, and columns {@code field.NAME} ARRAY of
 * numbers or null, as many as candidates).
 */
public final class SparkScore {

  private static final StructType OUTPUT =
      new StructType()
          .add("user", DataTypes.StringType, false)
          .add("item", DataTypes.StringType, false)
          .add("rank", DataTypes.IntegerType, false)
          .add("score", DataTypes.FloatType, false)
          .add("probability", DataTypes.FloatType, true)
          .add("modelVersion", DataTypes.StringType, false)
          .add("historyOffset", DataTypes.LongType, true);

  private SparkScore() {}

  /** Runs as a job: {@code spark-submit --class io.nextclick.spark.SparkScore}. */
  public static void main(String[] args) throws IOException {
    if (args.length < 5) {
      throw new IllegalArgumentException("arguments: EVENTS MODEL OUT HISTORY LIMIT [USERS]");
    }
    try (SparkSession spark = SparkSession.builder().appName("nextclick score").getOrCreate()) {
      Dataset<Row> log = spark.read().parquet(args[0]);
      Dataset<Row> users = args.length > 5 ? spark.read().parquet(args[5]) : null;
      score(log, users, args[1], Integer.parseInt(args[3]), Integer.parseInt(args[4]))
          .write()
          .parquet(args[2]);
    }
  }

  /**
   * The ranked lists.
   *
   * @param users null for all users of the log
   */
  public static Dataset<Row> score(
      Dataset<Row> log, @Nullable Dataset<Row> users, String model, int history, int limit) {
    List<Row> items =
        log.filter((FilterFunction<Row>) LogRow::isItem).orderBy("offset").collectAsList();
    Row last = log.agg(max("offset")).first();
    long next = last.isNullAt(0) ? 0 : last.getLong(0) + 1;
    var scorer = new SparkScorer(model, history, limit, items, next);
    return histories(log, users)
        .flatMap((FlatMapFunction<Row, Row>) row -> ranked(row, scorer), Encoders.row(OUTPUT));
  }

  /** One row per user: the id, the rows of the log in order, and the candidates if given. */
  private static Dataset<Row> histories(Dataset<Row> log, @Nullable Dataset<Row> users) {
    var userOf = udf((UDF1<Row, @Nullable String>) LogRow::user, DataTypes.StringType);
    Dataset<Row> histories =
        log.withColumn("user", userOf.apply(struct(col("offset"), col("value"))))
            .filter(col("user").isNotNull())
            .groupBy("user")
            .agg(sort_array(collect_list(struct(col("offset"), col("value")))).as("rows"));
    return users == null
        ? histories
        : users.select(columns(users)).join(histories, "user", "left_outer");
  }

  /** The user, the candidates, and the numbers of these. */
  private static Column[] columns(Dataset<Row> users) {
    List<Column> columns = new ArrayList<>(List.of(col("user"), col("candidates")));
    for (String name : users.columns()) {
      if (name.startsWith(FieldArrays.PREFIX)) {
        columns.add(col("`" + name.replace("`", "``") + "`")); // a dot would lead into a struct
      }
    }
    return columns.toArray(Column[]::new);
  }

  private static Iterator<Row> ranked(Row row, SparkScorer scorer) {
    String user = row.getAs("user");
    List<Row> events =
        row.isNullAt(row.fieldIndex("rows")) ? null : row.getList(row.fieldIndex("rows"));
    boolean listed = row.length() > 2;
    List<String> own =
        listed && !row.isNullAt(row.fieldIndex("candidates"))
            ? row.getList(row.fieldIndex("candidates"))
            : null;
    StoredSequence stored = events == null ? StoredSequence.UNKNOWN : scorer.fold(events).get(user);
    if (stored.state() == null && !listed) {
      return List.<Row>of().iterator(); // erased: not a user of the log any more
    }
    UserRanker ranker = scorer.ranker();
    Candidates candidates =
        own == null ? ranker.everything() : ranker.candidates(own, FieldArrays.of(row, own.size()));
    Ranked list = ranker.rank(stored.sequence(), candidates, Map.of());
    @Nullable Long offset = stored.state() == null ? null : scorer.nextOffset();
    List<Row> rows = new ArrayList<>();
    float[] probabilities = list.probabilities();
    for (int i = 0; i < list.scores().length; i++) {
      rows.add(
          RowFactory.create(
              user,
              list.items().get(i),
              i + 1,
              list.scores()[i],
              probabilities == null ? null : probabilities[i],
              scorer.modelVersion(),
              offset));
    }
    return rows.iterator();
  }
}
