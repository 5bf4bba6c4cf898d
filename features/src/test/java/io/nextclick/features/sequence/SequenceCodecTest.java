// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.bytes.CorruptRecordException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SequenceCodecTest {

  /** What commit 982c725 stored for this user: the bytes are part of what is promised. */
  private static final String STORED =
      "018bd0eab6b7330204636974790207c5bd696c696e6104426f6e6e04706c616e0104676f6c640c4392192b94c25432b72fa91f34f90b47f1eb7dce6ee34dd44f59f03ed6d1b8b2b5a6ae6ade79a3e2483fb4b05e68a8091600e55b09d5b346024d7872ab1b11e6f049ddc9cfcac55947651dda3d0c23f6a225c561d53f7129cd6839242286f9c50504c48d616a023432066974656d2f35056170706c65074269726e6520320800010203040001020203040506070809e0f7fcb6b733c0a907c0a907c0a907c0a907c0a907c0a907c0a907f6381ad7761e06400edf0d3bc8fccc93";

  private static final byte[] VALUE = HexFormat.of().parseHex(STORED);

  @Test
  void decode_storedBytes_readsEveryField() {
    UserSequence ada = SequenceCodec.decode("ada", VALUE);
    assertThat(ada.items())
        .containsExactly("čaj", "42", "item/5", "apple", "Birne 2", "čaj", "42", "item/5");
    assertThat(ada.actions()).containsExactly(2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(ada.times())
        .containsExactly(
            1_767_225_900_000L,
            1_767_226_020_000L,
            1_767_226_140_000L,
            1_767_226_260_000L,
            1_767_226_380_000L,
            1_767_226_500_000L,
            1_767_226_620_000L,
            1_767_226_740_000L);
    assertThat(ada.recentIds()).hasSize(12).startsWith(0x4392192b94c25432L);
    assertThat(ada.attributes())
        .isEqualTo(Map.of("plan", List.of("gold"), "city", List.of("Žilina", "Bonn")));
    assertThat(ada.attributesTimeMillis()).isEqualTo(1_767_225_600_010L);
    assertThat(SequenceCodec.encode("ada", ada)).isEqualTo(VALUE);
  }

  @Test
  void decode_anyBitFlipped_isRefused() {
    for (int bit = 0; bit < 8 * VALUE.length; bit++) {
      byte[] flipped = VALUE.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> SequenceCodec.decode("ada", flipped))
          .as("bit %d", bit)
          .isInstanceOf(CorruptRecordException.class);
    }
  }

  @Test
  void decode_cutOff_isRefused() {
    for (int length = 0; length < VALUE.length; length++) {
      byte[] cut = Arrays.copyOf(VALUE, length);
      assertThatThrownBy(() -> SequenceCodec.decode("ada", cut))
          .as("%d bytes", length)
          .isInstanceOf(CorruptRecordException.class);
    }
    assertThatThrownBy(() -> SequenceCodec.decode("ada", new byte[SequenceCodec.HASH_BYTES]))
        .hasMessageContaining("shorter than its hash");
  }

  @Test
  void decode_underAnotherUser_isRefused() {
    assertThatThrownBy(() -> SequenceCodec.decode("ben", VALUE))
        .isInstanceOf(CorruptRecordException.class)
        .hasMessageContaining("hash differs");
  }

  /** Bytes with a right hash that no version wrote: by somebody who knows the layout. */
  @Test
  void decode_rightHashButNoSequence_isRefused() {
    // version, no attributes time, no attributes, no ids, one item "a", one entry at a place, time
    assertThatThrownBy(
            () -> SequenceCodec.decode("ada", signed("01 00 00 00 01 01 61 01 01 00 00")))
        .hasMessageContaining("item outside the dictionary");
    assertThatThrownBy(
            () -> SequenceCodec.decode("ada", signed("02 00 00 00 01 01 61 01 00 00 00")))
        .hasMessageContaining("version=2");
    assertThatThrownBy(
            () -> SequenceCodec.decode("ada", signed("01 00 00 00 01 01 61 01 00 00 00 00")))
        .hasMessageContaining("1 bytes too many");
    assertThatThrownBy(() -> SequenceCodec.decode("ada", signed("01 00 00 7f")))
        .hasMessageContaining("exceeds what is left");
    assertThat(SequenceCodec.decode("ada", signed("01 00 00 00 01 01 61 01 00 03 05")).times())
        .containsExactly(5);
  }

  private static byte[] signed(String payload) {
    byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(payload);
    var sha256 = SequenceCodec.sha256();
    sha256.update(new byte[] {'a', 'd', 'a', 0});
    byte[] hash = sha256.digest(bytes);
    byte[] value = Arrays.copyOf(bytes, bytes.length + SequenceCodec.HASH_BYTES);
    System.arraycopy(hash, 0, value, bytes.length, SequenceCodec.HASH_BYTES);
    return value;
  }

  @Test
  void encode_empty_isReadBack() {
    byte[] value = SequenceCodec.encode("ada", UserSequence.EMPTY);
    UserSequence read = SequenceCodec.decode("ada", value);
    assertThat(read.isEmpty()).isTrue();
    assertThat(read.attributesTimeMillis()).isEqualTo(-1);
    assertThat(value).hasSize(6 + SequenceCodec.HASH_BYTES);
  }

  @Test
  void digestAndVersion_areOfTheTrailingHash() {
    assertThat(SequenceCodec.digest(VALUE).toString(16))
        .isEqualTo(STORED.substring(STORED.length() - 32));
    assertThat(SequenceCodec.version(VALUE)).isEqualTo(0xf6381ad7761e0640L);
  }
}
