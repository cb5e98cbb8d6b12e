// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hh"

#include <gtest/gtest.h>

#include <array>

namespace nsrun::base {
namespace {

constexpr std::array<std::byte, 7> kSeven{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                          std::byte{5}, std::byte{6}, std::byte{7}};

TEST(BigEndian, IsStoredMostSignificantByteFirst) {
  const Be32 value = 0x01020304U;
  EXPECT_EQ(bytes_of(value)[0], std::byte{1});
  EXPECT_EQ(bytes_of(value)[3], std::byte{4});
  EXPECT_EQ(value, 0x01020304U);
}

TEST(BigEndian, LoadsAndStoresAtAnyAddress) {
  std::array<std::byte, 9> bytes{};
  store_big_endian<uint64_t>(&bytes[1], 0x0102030405060708);
  EXPECT_EQ(bytes[1], std::byte{1});
  EXPECT_EQ(load_big_endian<uint64_t>(&bytes[1]), 0x0102030405060708U);
  EXPECT_EQ(load_big_endian<uint16_t>(&bytes[7]), 0x0708);
}

TEST(ByteReader, ReadsStraightDown) {
  ByteReader reader(kSeven);
  EXPECT_EQ(reader.read_u8(), 1);
  EXPECT_EQ(reader.read_be16(), 0x0203);
  EXPECT_EQ(reader.read_be32(), 0x04050607U);
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.rest().empty());
}

TEST(ByteReader, ErrorSticksAndGivesZero) {
  ByteReader reader(kSeven);
  reader.skip(4);
  EXPECT_EQ(reader.read_be32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.read_u8(), 0) << "three bytes were left, but the error came first";
  EXPECT_TRUE(reader.take(1).empty());
}

TEST(ByteReader, TakingNothingFromNothingIsFine) {
  ByteReader reader({});
  EXPECT_TRUE(reader.take(0).empty());
  EXPECT_TRUE(reader.ok());
}

TEST(ByteWriter, WritesWhatTheReaderReads) {
  std::array<std::byte, 7> space{};
  ByteWriter writer(space);
  writer.write_u8(1);
  writer.write_be16(0x0203);
  writer.write_be32(0x04050607);
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(space, kSeven);
  EXPECT_EQ(writer.written().size(), 7U);
}

TEST(ByteWriter, WithoutRoomNothingIsWritten) {
  std::array<std::byte, 3> space{};
  ByteWriter writer(space);
  writer.write_be16(0x0102);
  writer.write_be16(0x0304);
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(writer.written().size(), 2U);
  EXPECT_EQ(space[2], std::byte{0});
  writer.write_u8(5);
  EXPECT_EQ(writer.written().size(), 2U) << "the error sticks";
}

TEST(ByteWriter, ReservesAndFills) {
  std::array<std::byte, 4> space{};
  ByteWriter writer(space);
  writer.reserve(1)[0] = std::byte{9};
  writer.fill(2, std::byte{8});
  writer.write({});
  EXPECT_EQ(writer.written().size(), 3U);
  EXPECT_EQ(space[0], std::byte{9});
  EXPECT_EQ(space[2], std::byte{8});
}

}  // namespace
}  // namespace nsrun::base
