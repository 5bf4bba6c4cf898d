// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.model.bundle.Safetensors.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {

  private static final Path PATH = Path.of("w.safetensors");

  @Test
  void parse_whatWasWritten_isTheSame() throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("scalar", new Tensor(List.of(), new float[] {-0.0f}));
    tensors.put("empty", new Tensor(List.of(0, 7), new float[0]));
    float[] many = new float[200_000];
    for (int i = 0; i < many.length; i++) {
      many[i] = (float) random.nextGaussian();
    }
    tensors.put("matrix \"\u00e4\"", new Tensor(List.of(1_000, 200), many));

    Map<String, Tensor> parsed = Safetensors.parse(PATH, written(tensors));

    assertThat(parsed.keySet()).containsExactlyElementsOf(tensors.keySet());
    tensors.forEach((name, tensor) -> {
      assertThat(parsed.get(name).shape()).isEqualTo(tensor.shape());
      assertThat(parsed.get(name).values()).isEqualTo(tensor.values());
    });
  }

  @Test
  void parse_halfPrecision_becomesFloat() {
    byte[] bytes =
        file(
            "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
                + "\"b\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[4,6]}}",
            new byte[] {0x00, 0x3c, 0x00, (byte) 0xc0, (byte) 0x80, 0x3f});
    Map<String, Tensor> parsed = Safetensors.parse(PATH, bytes);
    assertThat(parsed.get("a").values()).containsExactly(1, -2);
    assertThat(parsed.get("b").values()).containsExactly(1);
  }

  @Test
  void parse_metadata_isPassedOver() {
    byte[] bytes =
        file(
            "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            new byte[4]);
    assertThat(Safetensors.parse(PATH, bytes)).containsOnlyKeys("a");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}                     | takes 8 bytes
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}                     | begins at 4, but the tensor before it ends at 0
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}                     | takes 4 bytes
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}                     | 4 bytes follow the last tensor
          {"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}                    | beyond the file
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}} | begins at 4, but the tensor before it ends at 8
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}} | Duplicate field 'a'
          {"a":{"dtype":"F32","shape":[1,1],"shape":[2],"data_offsets":[0,8]}}       | Duplicate field 'shape'
          {"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}                    | number out of range: -2
          {"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}                   | VALUE_NUMBER_INT
          {"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}  | number out of range
          {"a":{"dtype":"F32","shape":[4294967298],"data_offsets":[0,8]}}            | dimension of 4294967298
          {"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}} | overflows
          {"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}}     | too many dimensions
          {"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}                     | is of type F64
          {"a":{"dtype":"F32","shape":[2]}}                                          | needs exactly dtype, shape and data_offsets
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}                   | needs two data_offsets
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}               | unknown field x
          {"a":[]}                                                                   | expected START_OBJECT
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} {}                  | something follows
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}                      | Unexpected end
          {"a":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[                                         | expected START_OBJECT
          """)
  void parse_badHeader_isRefusedWithItsReason(String header, String reason) {
    assertThatThrownBy(() -> Safetensors.parse(PATH, file(header, new byte[8])))
        .isInstanceOf(MalformedBundleException.class)
        .hasMessageStartingWith("w.safetensors: ")
        .hasMessageContaining(reason)
        .hasMessageContaining("offset=");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 1, Safetensors.MAX_HEADER + 1L, Long.MAX_VALUE, Long.MIN_VALUE})
  void parse_headerLengthOutOfRange_isRefused(long length) {
    byte[] bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
    assertThatThrownBy(() -> Safetensors.parse(PATH, bytes))
        .isInstanceOf(MalformedBundleException.class)
        .hasMessageContaining("header length");
  }

  @Test
  void parse_headerThatIsNoObject_isRefused() {
    assertThatThrownBy(() -> Safetensors.parse(PATH, file("[{}]", new byte[0])))
        .hasMessage("w.safetensors: header does not begin with {: offset=8");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void parse_valueNotFinite_isRefusedWithTensorAndIndex(float bad) throws IOException {
    Tensor tensor = new Tensor(List.of(3), new float[] {1, bad, 2});
    byte[] bytes = written(Map.of("w", tensor));
    assertThatThrownBy(() -> Safetensors.parse(PATH, bytes))
        .isInstanceOf(MalformedBundleException.class)
        .hasMessageContaining("w holds " + bad + " at index 1");
  }

  @Test
  void parse_everyTruncation_isRefused() throws IOException {
    byte[] bytes = written(Map.of("w", new Tensor(List.of(2, 2), new float[4])));
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Safetensors.parse(PATH, cut))
          .as("length=%d", length)
          .isInstanceOf(MalformedBundleException.class);
    }
  }

  private static byte[] written(Map<String, Tensor> tensors) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(tensors, out);
    return out.toByteArray();
  }

  private static byte[] file(String header, byte[] data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .put(data)
        .array();
  }
}
