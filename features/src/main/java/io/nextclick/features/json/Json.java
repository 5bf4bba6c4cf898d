// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/**
 * The start of every mapper of this program: a number that is not finite is written as null. JSON
 * has no such numbers, and Jackson's own way, the text {@code "NaN"}, is read as a name by some and
 * refused by others.
 */
public final class Json {

  private Json() {}

  /** A factory whose generators write finite numbers only. */
  public static JsonFactoryBuilder factory() {
    var builder = new JsonFactoryBuilder();
    builder.addDecorator((factory, generator) -> new FiniteGenerator(generator));
    return builder;
  }

  /** A mapper on such a factory. */
  public static JsonMapper.Builder mapper() {
    return mapper(factory().build());
  }

  /** A mapper on a factory that {@link #factory} began. */
  public static JsonMapper.Builder mapper(JsonFactory factory) {
    return JsonMapper.builder(factory);
  }

  private static final class FiniteGenerator extends JsonGeneratorDelegate {

    FiniteGenerator(JsonGenerator generator) {
      super(generator, false);
    }

    @Override
    public void writeNumber(double value) throws IOException {
      if (Double.isFinite(value)) {
        super.writeNumber(value);
      } else {
        writeNull();
      }
    }

    @Override
    public void writeNumber(float value) throws IOException {
      if (Float.isFinite(value)) {
        super.writeNumber(value);
      } else {
        writeNull();
      }
    }

    @Override
    public void writeArray(double[] values, int offset, int length) throws IOException {
      writeStartArray(values, length);
      for (int i = offset; i < offset + length; i++) {
        writeNumber(values[i]);
      }
      writeEndArray();
    }
  }
}
