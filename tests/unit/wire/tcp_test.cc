// SPDX-License-Identifier: Apache-2.0
#include "wire/tcp.hh"

#include <gtest/gtest.h>

#include "hex.hh"
#include "vectors.hh"
#include "wire/packet.hh"

namespace nsrun::wire {
namespace {

using test::from_hex;
using test::to_hex;

TcpFields fields_of(const TcpView& tcp) {
  return {tcp.source_port(), tcp.destination_port(), tcp.sequence(), tcp.acknowledgment(),
          tcp.flags(),       tcp.window(),           tcp.options(),  {}};
}

TEST(Tcp, HeaderRoundTripsButForItsChecksum) {
  for (const auto& vector :
       {test::kTcpSyn, test::kTcpData, test::kTcpResetPadded, test::kTcp6SynAck}) {
    const auto frame = from_hex(vector.hex);
    const auto tcp = TcpView::parse(parse_frame(frame).packet.transport);
    ASSERT_TRUE(tcp);
    std::array<std::byte, kMaxTcpHeaderBytes> space{};
    const size_t length = emit_tcp_header(space, fields_of(*tcp));
    std::vector<std::byte> expected(tcp->segment().begin(), tcp->segment().end());
    expected.resize(tcp->header_length());
    expected[kTcpChecksumOffset] = expected[kTcpChecksumOffset + 1] = std::byte{0};
    EXPECT_EQ(to_hex(base::Bytes(space).first(length)), to_hex(expected)) << vector.name;
  }
}

TEST(Tcp, EverySetOfOptionsRoundTripsInWholeWords) {
  for (unsigned set = 0; set < 16; ++set) {
    TcpFields fields;
    if ((set & 1) != 0) fields.options.maximum_segment_size = uint16_t{1460};
    if ((set & 2) != 0) fields.options.window_scale = uint8_t{7};
    if ((set & 4) != 0) fields.options.sack_permitted = true;
    if ((set & 8) != 0) fields.options.timestamps = TcpTimestamps{1, 2};
    std::array<std::byte, kMaxTcpHeaderBytes> space{};
    const size_t length = emit_tcp_header(space, fields);
    EXPECT_EQ(length, tcp_header_length(fields));
    const auto tcp = TcpView::parse(base::Bytes(space).first(length));
    ASSERT_TRUE(tcp) << set;
    EXPECT_EQ(tcp->header_length(), length);
    EXPECT_EQ(tcp->options(), fields.options);
    for (size_t room = 0; room < length; ++room) {
      EXPECT_EQ(emit_tcp_header(base::MutableBytes(space).first(room), fields), 0U);
    }
  }
}

// RFC 2018 section 3: kind 5, the length, and the edges of each block.
TEST(Tcp, AsManySackBlocksAsFitAreWritten) {
  constexpr std::array<SackBlock, kMostSackBlocks> kBlocks{{{Sequence(0xfffffff0), Sequence(0x10)},
                                                            {Sequence(0x20), Sequence(0x30)},
                                                            {Sequence(0x40), Sequence(0x50)},
                                                            {Sequence(0x60), Sequence(0x70)}}};
  const std::array<std::string, kMostSackBlocks> hex{
      "0101050afffffff000000010", "01010512fffffff0000000100000002000000030",
      "0101051afffffff00000001000000020000000300000004000000050",
      "01010522fffffff000000010000000200000003000000040000000500000006000000070"};
  for (size_t count = 1; count <= kBlocks.size(); ++count) {
    TcpFields fields;
    fields.sack = std::span(kBlocks).first(count);
    std::array<std::byte, kMaxTcpHeaderBytes> space{};
    const size_t length = emit_tcp_header(space, fields);
    ASSERT_EQ(length, tcp_header_length(fields));
    const auto tcp = TcpView::parse(base::Bytes(space).first(length));
    ASSERT_TRUE(tcp);
    EXPECT_EQ(tcp->header_length(), length);
    EXPECT_EQ(to_hex(tcp->option_bytes()), hex[count - 1]);
    EXPECT_EQ(emit_tcp_header(base::MutableBytes(space).first(length - 1), fields), 0U);
  }
}

TEST(Tcp, FlagsAreAskedTogether) {
  const auto frame = from_hex(test::kTcp6SynAck.hex);
  const auto tcp = TcpView::parse(parse_frame(frame).packet.transport);
  ASSERT_TRUE(tcp);
  EXPECT_TRUE(tcp->has(kTcpSyn | kTcpAck));
  EXPECT_FALSE(tcp->has(kTcpSyn | kTcpFin));
}

TEST(Tcp, LengthsAreChecked) {
  auto segment = from_hex("9c4000500000000100000000500200000000000061");
  EXPECT_EQ(TcpView::parse(segment)->payload().size(), 1U);
  for (size_t length = 0; length < 20; ++length) {
    EXPECT_FALSE(TcpView::parse(base::Bytes(segment).first(length)));
  }
  segment[12] = std::byte{0x60};
  EXPECT_FALSE(TcpView::parse(segment));
  segment[12] = std::byte{0x40};
  EXPECT_FALSE(TcpView::parse(segment));
}

struct OptionCase {
  const char* name;
  std::string_view hex;
  TcpOptions options;
};

class OptionLists : public testing::TestWithParam<OptionCase> {};

TEST_P(OptionLists, AreReadUpToTheFirstFault) {
  EXPECT_EQ(parse_tcp_options(from_hex(GetParam().hex)), GetParam().options);
}

constexpr TcpOptions kMss1460{1460, std::nullopt, false, std::nullopt};

INSTANTIATE_TEST_SUITE_P(
    Table, OptionLists,
    testing::Values(
        OptionCase{"empty", "", {}}, OptionCase{"mss", "020405b4", kMss1460},
        OptionCase{"padding_first", "0101020405b4", kMss1460},
        OptionCase{"end_of_list_ends_it", "020405b40003030700", kMss1460},
        OptionCase{"unknown_is_skipped", "fe04abcd020405b4", kMss1460},
        OptionCase{"zero_length_ends_it", "020405b404000303 07", kMss1460},
        OptionCase{"length_one_ends_it", "020405b4040103030 7", kMss1460},
        OptionCase{"truncated_option_ends_it", "020405b4080a0000", kMss1460},
        OptionCase{"kind_without_length", "020405b408", kMss1460},
        OptionCase{"wrong_length_is_skipped",
                   "02050102030402",
                   {std::nullopt, std::nullopt, true, std::nullopt}},
        OptionCase{"last_one_counts", "02040001020405b4", kMss1460},
        OptionCase{"scale_is_cut_to_14", "03030f", {std::nullopt, 14, false, std::nullopt}},
        OptionCase{"sack_permitted", "0402", {std::nullopt, std::nullopt, true, std::nullopt}},
        OptionCase{"timestamps",
                   "080a0000000100000002",
                   {std::nullopt, std::nullopt, false, TcpTimestamps{1, 2}}}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

}  // namespace
}  // namespace nsrun::wire
