// SPDX-License-Identifier: Apache-2.0
#include "wire/pcapng.hh"

#include <gtest/gtest.h>

#include <cstring>

namespace nsrun::wire::pcapng {
namespace {

template <typename Integer>
Integer at(base::Bytes bytes, size_t offset) {
  Integer value{};
  EXPECT_LE(offset + sizeof value, bytes.size());
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// The length stands at both ends.
void expect_block(base::Bytes block, uint32_t type) {
  EXPECT_EQ(at<uint32_t>(block, 0), type);
  EXPECT_EQ(block.size() % 4, 0U);
  EXPECT_EQ(at<uint32_t>(block, 4), block.size());
  EXPECT_EQ(at<uint32_t>(block, block.size() - 4), block.size());
}

TEST(Pcapng, OpensWithASectionAndAnEthernetInterface) {
  const auto opening = pcapng::opening();
  const base::Bytes all(opening);
  const base::Bytes section = all.first(at<uint32_t>(all, 4));
  expect_block(section, 0x0a0d0d0a);
  EXPECT_EQ(at<uint32_t>(section, 8), 0x1a2b3c4dU);
  EXPECT_EQ(at<uint16_t>(section, 12), 1);
  EXPECT_EQ(at<uint64_t>(section, 16), UINT64_MAX);
  const base::Bytes interface = all.subspan(section.size());
  expect_block(interface, 1);
  EXPECT_EQ(at<uint16_t>(interface, 8), 1);         // LINKTYPE_ETHERNET
  EXPECT_EQ(at<uint32_t>(interface, 12), 262144U);  // snapshot length
  EXPECT_EQ(at<uint16_t>(interface, 16), 9);        // if_tsresol
  EXPECT_EQ(at<uint16_t>(interface, 18), 1);
  EXPECT_EQ(at<uint8_t>(interface, 20), 9);  // nanoseconds
}

TEST(Pcapng, APacketOfAnyLengthIsABlock) {
  using namespace std::chrono_literals;
  for (const size_t length :
       {size_t{0}, size_t{1}, size_t{2}, size_t{3}, size_t{4}, size_t{65550}}) {
    const PacketBlock packet(Direction::kFromGuest, 0x1122334455667788ns, length);
    std::vector<std::byte> block(packet.head().begin(), packet.head().end());
    block.resize(block.size() + length, std::byte{0xee});
    block.insert(block.end(), packet.tail().begin(), packet.tail().end());
    expect_block(block, 6);
    EXPECT_EQ(at<uint32_t>(block, 8), 0U);
    EXPECT_EQ(at<uint32_t>(block, 12), 0x11223344U);
    EXPECT_EQ(at<uint32_t>(block, 16), 0x55667788U);
    EXPECT_EQ(at<uint32_t>(block, 20), length);
    EXPECT_EQ(at<uint32_t>(block, 24), length);
    const size_t options = 28 + (length + 3) / 4 * 4;
    EXPECT_EQ(at<uint16_t>(block, options), 2);  // epb_flags
    EXPECT_EQ(at<uint16_t>(block, options + 2), 4);
    EXPECT_EQ(at<uint32_t>(block, options + 4), 2U);  // outbound
    EXPECT_EQ(at<uint32_t>(block, options + 8), 0U);
    EXPECT_EQ(block.size(), options + 16);
  }
}

TEST(Pcapng, StatisticsCanBeReadAgain) {
  const Statistics counted{.received = 5'000'000'000, .dropped = 7};
  const StatisticsBlock block = statistics(base::Duration(1), counted);
  expect_block(block, 5);
  EXPECT_EQ(at<uint16_t>(block, 20), 4);  // isb_ifrecv
  EXPECT_EQ(at<uint64_t>(block, 24), 5'000'000'000U);
  EXPECT_EQ(at<uint16_t>(block, 32), 5);  // isb_ifdrop
  EXPECT_EQ(at<uint64_t>(block, 36), 7U);
  EXPECT_EQ(statistics_in(block).received, counted.received);
  EXPECT_EQ(statistics_in(block).dropped, counted.dropped);
}

}  // namespace
}  // namespace nsrun::wire::pcapng
