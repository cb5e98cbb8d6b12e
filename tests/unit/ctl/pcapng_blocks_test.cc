// SPDX-License-Identifier: Apache-2.0
#include "ctl/pcapng_blocks.hh"

#include <gtest/gtest.h>

#include "base/error.hh"
#include "wire/pcapng.hh"

namespace nsrun::ctl {
namespace {

namespace pcapng = wire::pcapng;

std::vector<std::byte> file_with_a_frame() {
  std::vector<std::byte> file = pcapng::opening();
  const pcapng::PacketBlock packet(pcapng::Direction::kToGuest, base::Duration(1), 61);
  file.insert(file.end(), packet.head().begin(), packet.head().end());
  file.resize(file.size() + 61, std::byte{7});
  file.insert(file.end(), packet.tail().begin(), packet.tail().end());
  const auto statistics = pcapng::statistics(base::Duration(2), {});
  file.insert(file.end(), statistics.begin(), statistics.end());
  return file;
}

TEST(PcapngBlocks, AreFoundInWhateverPieces) {
  const auto file = file_with_a_frame();
  for (size_t piece = 1; piece <= file.size(); ++piece) {
    PcapngBlocks blocks;
    std::vector<uint32_t> types;
    std::vector<std::byte> together;
    for (size_t at = 0; at < file.size(); at += piece) {
      blocks.add(base::Bytes(file).subspan(at, std::min(piece, file.size() - at)));
      while (const auto block = blocks.next()) {
        types.push_back(block->type);
        together.insert(together.end(), block->bytes.begin(), block->bytes.end());
      }
    }
    EXPECT_EQ(types, (std::vector<uint32_t>{
                         pcapng::kSectionHeaderBlock, pcapng::kInterfaceDescriptionBlock,
                         pcapng::kEnhancedPacketBlock, pcapng::kInterfaceStatisticsBlock}));
    EXPECT_EQ(together, file);
  }
}

TEST(PcapngBlocks, NonsenseIsRefused) {
  for (const uint32_t length : {0U, 8U, 13U, 0x7ffffffcU}) {
    const uint32_t words[] = {6, length, 0};
    PcapngBlocks blocks;
    blocks.add(std::as_bytes(std::span(words)));
    EXPECT_THROW(blocks.next(), base::Failure) << length;
  }
}

}  // namespace
}  // namespace nsrun::ctl
