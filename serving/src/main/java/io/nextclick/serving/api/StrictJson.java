// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.MutableCoercionConfig;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.nextclick.features.event.FieldNames;
import io.nextclick.features.json.Json;
import io.nextclick.serving.api.BoundedParser.TooManyException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads request bodies: unknown and repeated fields, NaN, deep nesting, conversions between types
 * and text after the document are refused, each with its place.
 */
public final class StrictJson<T> {

  private static final JsonMapper MAPPER =
      Json.mapper(
              Json.factory()
                  // Names come from outside: they are not kept in tables that all parsers share.
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(32)
                          .maxStringLength(64 << 10)
                          .maxNumberLength(64)
                          .maxNameLength(1 << 10)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  // A quoted value of the request must not reach an answer or a log.
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .withCoercionConfig(LogicalType.Textual, StrictJson::textOnly)
          .build();

  /** Elements of one array at most, where the reader says no other number. */
  private static final int MAX_ELEMENTS = 10_000;

  private final ObjectReader reader;
  private final Class<T> type;

  /** A reader for one type of body; keep it, it is costly to make. */
  public StrictJson(Class<T> type) {
    this.reader = MAPPER.readerFor(type);
    this.type = type;
  }

  /**
   * Reads one document.
   *
   * @throws ProblemException 400, naming the field or the line and column
   */
  public T read(byte[] body) {
    return read(body, MAX_ELEMENTS);
  }

  /**
   * Reads one document.
   *
   * @param maxElements elements of one array, at most
   * @throws ProblemException 400, naming the field or the line and column
   */
  public T read(byte[] body, int maxElements) {
    CharBuffer text;
    try {
      // Jackson would guess UTF-16 and UTF-32 from raw bytes.
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
      if (text.hasRemaining() && text.get(0) == '\uFEFF') {
        text.position(1); // a byte-order mark
      }
    } catch (CharacterCodingException e) {
      throw new ProblemException(Problem.of(400, "The body is not UTF-8"));
    }
    @Nullable T value;
    try (JsonParser parser = MAPPER.createParser(text.array(), text.position(), text.remaining())) {
      value = type.cast(reader.readValue(new BoundedParser(parser, maxElements)));
    } catch (JsonMappingException e) {
      if (e.getCause() instanceof ProblemException named) {
        throw named; // by a reader that knows the field
      }
      throw e.getCause() instanceof TooManyException tooMany
          ? ProblemException.field(container(e), tooMany.getOriginalMessage())
          : ProblemException.field(path(e), reason(e) + place(e));
    } catch (TooManyException e) {
      throw ProblemException.field("body", e.getOriginalMessage());
    } catch (JsonProcessingException e) {
      throw new ProblemException(
          Problem.of(400, "The body is not valid JSON: " + brief(e) + place(e)));
    } catch (IOException e) {
      throw new AssertionError("an array in memory does not fail to read", e);
    }
    if (value == null) {
      throw new ProblemException(Problem.of(400, "The body is not a JSON object"));
    }
    return value;
  }

  private static String reason(JsonMappingException e) {
    if (e.getPath().isEmpty()) {
      return "is not one JSON object with the fields of this request";
    }
    if (e instanceof UnrecognizedPropertyException unknown) {
      return "is not a field of this request" + suggestion(unknown);
    }
    return e.getCause() instanceof JsonProcessingException cause
            && !(cause instanceof InputCoercionException)
        ? "is not valid JSON: " + brief(cause)
        : "has a value of the wrong type or out of range";
  }

  private static String suggestion(UnrecognizedPropertyException e) {
    List<String> known =
        e.getKnownPropertyIds() == null
            ? List.of()
            : e.getKnownPropertyIds().stream().map(String::valueOf).toList();
    return FieldNames.suggestion(e.getPropertyName(), known);
  }

  /** {@code candidates[3]} for the place in the object tree that a mapping error names. */
  private static String path(JsonMappingException e) {
    String path =
        e.getPath().stream()
            .limit(8)
            .map(reference ->
                reference.getFieldName() == null
                    ? "[" + reference.getIndex() + "]"
                    : "." + FieldNames.shown(reference.getFieldName()))
            .collect(Collectors.joining());
    return path.isEmpty() ? "body" : path.startsWith(".") ? path.substring(1) : path;
  }

  /** The path without the index of the element at which reading ended. */
  private static String container(JsonMappingException e) {
    return path(e).replaceFirst("\\[\\d+]$", "");
  }

  private static String place(JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " at line %d, column %d"
            .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
  }

  /** Jackson's message in one line, without the pieces of the body that it quotes. */
  private static String brief(JsonProcessingException e) {
    String message = e.getOriginalMessage() == null ? "" : e.getOriginalMessage();
    String line =
        message
            .lines()
            .findFirst()
            .orElse("")
            .replaceAll("'[^']*'|\"[^\"]*\"", "...")
            .replaceAll(" ?[\\[(](Source|start marker).*", "");
    return line.substring(0, Math.min(line.length(), 160));
  }

  private static void textOnly(MutableCoercionConfig config) {
    config
        .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
        .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
        .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
  }
}
