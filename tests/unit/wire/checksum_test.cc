// SPDX-License-Identifier: Apache-2.0
#include "wire/checksum.hh"

#include <gtest/gtest.h>

#include <random>

#include "hex.hh"
#include "vectors.hh"
#include "wire/packet.hh"
#include "wire/tcp.hh"
#include "wire/udp.hh"

namespace nsrun::wire {
namespace {

using test::from_hex;

// RFC 1071 section 4.1, word by word.
uint16_t naive_checksum(base::Bytes bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    sum += static_cast<uint64_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

std::vector<std::byte> random_bytes(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

TEST(Checksum, ExampleOfRfc1071) {
  EXPECT_EQ(internet_checksum(from_hex("0001f203f4f5f6f7")), static_cast<uint16_t>(~0xddf2));
}

TEST(Checksum, OfNothingIsAllOnes) { EXPECT_EQ(internet_checksum({}), 0xffff); }

TEST(Checksum, EqualsTheNaiveOneAtEveryLengthAndOffset) {
  const auto bytes = random_bytes(300, 1);
  for (size_t offset = 0; offset < 9; ++offset) {
    for (size_t length = 0; length + offset <= bytes.size(); ++length) {
      const auto span = base::Bytes(bytes).subspan(offset, length);
      ASSERT_EQ(internet_checksum(span), naive_checksum(span)) << offset << ' ' << length;
    }
  }
}

TEST(Checksum, EqualsTheNaiveOneOverLargeAndExtremeData) {
  for (const size_t length : {1500U, 65535U, 70001U}) {
    const auto bytes = random_bytes(length, 2);
    EXPECT_EQ(internet_checksum(bytes), naive_checksum(bytes));
    const std::vector<std::byte> ones(length, std::byte{0xff});
    EXPECT_EQ(internet_checksum(ones), naive_checksum(ones));
  }
}

TEST(Checksum, SpansOfAnyLengthSumLikeOneRun) {
  const auto bytes = random_bytes(257, 3);
  std::mt19937 random(4);
  for (int round = 0; round < 500; ++round) {
    ChecksumAccumulator accumulator;
    base::Bytes rest = bytes;
    while (!rest.empty()) {
      const size_t count = std::min<size_t>(random() % 50, rest.size());
      accumulator.add(rest.first(count));
      rest = rest.subspan(count);
    }
    ASSERT_EQ(accumulator.finish(), naive_checksum(bytes));
  }
}

struct Transported {
  std::vector<std::byte> frame;
  Packet packet;
  size_t start = 0;   // of the transport in the frame
  size_t offset = 0;  // of the checksum in the transport
  base::MutableBytes transport() {
    return base::MutableBytes(frame).subspan(start, packet.transport.size());
  }
};

Transported load(const test::Vector& vector) {
  Transported loaded;
  loaded.frame = from_hex(vector.hex);
  loaded.packet = parse_frame(loaded.frame).packet;
  loaded.start = sizeof(EthernetHeader) + loaded.packet.transport_offset;
  loaded.offset = loaded.packet.protocol == kProtocolTcp ? kTcpChecksumOffset : kUdpChecksumOffset;
  return loaded;
}

class TransportChecksum : public testing::TestWithParam<test::Vector> {};

TEST_P(TransportChecksum, IsValidAndABitFlipIsSeen) {
  Transported loaded = load(GetParam());
  const Packet& packet = loaded.packet;
  EXPECT_TRUE(has_valid_transport_checksum(loaded.transport(), packet.source, packet.destination,
                                           packet.protocol));
  loaded.transport()[1] ^= std::byte{4};
  EXPECT_FALSE(has_valid_transport_checksum(loaded.transport(), packet.source, packet.destination,
                                            packet.protocol));
}

TEST_P(TransportChecksum, IsWrittenWhole) {
  Transported loaded = load(GetParam());
  const Packet& packet = loaded.packet;
  loaded.transport()[loaded.offset] = std::byte{0x55};
  set_transport_checksum(loaded.transport(), loaded.offset, packet.source, packet.destination,
                         packet.protocol);
  EXPECT_EQ(loaded.frame, from_hex(GetParam().hex));
}

TEST_P(TransportChecksum, IsCompletedFromAPartialOne) {
  Transported loaded = load(GetParam());
  const Packet& packet = loaded.packet;
  ChecksumAccumulator pseudo_header;
  pseudo_header.add_pseudo_header(packet.source, packet.destination, packet.protocol,
                                  loaded.transport().size());
  base::store_big_endian(&loaded.transport()[loaded.offset], pseudo_header.sum());
  EXPECT_NE(loaded.frame, from_hex(GetParam().hex));
  ASSERT_TRUE(complete_partial_checksum(loaded.frame, loaded.start, loaded.offset));
  EXPECT_EQ(loaded.frame, from_hex(GetParam().hex));
}

INSTANTIATE_TEST_SUITE_P(Vectors, TransportChecksum,
                         testing::Values(test::kTcpSyn, test::kTcpData, test::kTcpResetPadded,
                                         test::kTcp6SynAck, test::kUdp, test::kUdp6BehindExtensions,
                                         test::kIp4Options),
                         [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(PartialChecksum, OutsideTheFrameIsRefused) {
  std::vector<std::byte> frame(60);
  EXPECT_TRUE(complete_partial_checksum(frame, 34, 24));
  EXPECT_FALSE(complete_partial_checksum(frame, 34, 25));
  EXPECT_FALSE(complete_partial_checksum(frame, 59, 0));
  EXPECT_FALSE(complete_partial_checksum(frame, 60, 0));
  EXPECT_FALSE(complete_partial_checksum(frame, 61, 0));
  EXPECT_FALSE(complete_partial_checksum(frame, 65535, 65535));
  EXPECT_FALSE(complete_partial_checksum({}, 0, 0));
}

// RFC 768: a computed zero goes out as all ones.
TEST(PartialChecksum, ZeroIsSentAsOnes) {
  auto frame = from_hex("0000 ffff");
  ASSERT_TRUE(complete_partial_checksum(frame, 0, 0));
  EXPECT_EQ(test::to_hex(frame), "ffffffff");
}

}  // namespace
}  // namespace nsrun::wire
