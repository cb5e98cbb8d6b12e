// SPDX-License-Identifier: Apache-2.0
#include "wire/reassembly.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "hex.hh"
#include "support/frame_text.hh"
#include "vectors.hh"
#include "wire/checksum.hh"
#include "wire/udp.hh"

namespace nsrun::wire {
namespace {

using nsrun::test::describe_frame;
using test::from_hex;
using test::to_hex;
using namespace std::chrono_literals;

// A piece of `data` as an Ethernet frame: [begin, end), more pieces follow unless `is_last`.
struct Piece {
  size_t begin;
  size_t end;
  bool is_last = false;
};

class Reassembly : public testing::TestWithParam<bool> {
 protected:
  Reassembly() {
    std::mt19937 random(5);
    for (std::byte& byte : data) byte = static_cast<std::byte>(random());
    auto header = make_udp_header(5000, 6000, data.size() - sizeof(UdpHeader));
    store_header(data, header);
    set_transport_checksum(data, kUdpChecksumOffset, source(), destination(), kProtocolUdp);
  }

  bool is_v6() const { return GetParam(); }
  IpAddress source() const { return *IpAddress::parse(is_v6() ? "fd00::100" : "10.0.2.100"); }
  IpAddress destination() const {
    return *IpAddress::parse(is_v6() ? "2001:db8::80" : "192.0.2.80");
  }

  std::vector<std::byte> frame_of(const Piece& piece, uint16_t id = 7) const {
    std::vector<std::byte> frame(sizeof(EthernetHeader));
    const base::Bytes payload = base::Bytes(data).subspan(piece.begin, piece.end - piece.begin);
    append_headers(frame, piece, payload.size(), id);
    frame.insert(frame.end(), payload.begin(), payload.end());
    return frame;
  }

  Reassembled add_frame(const std::vector<std::byte>& frame) {
    const ParsedFrame parsed = parse_frame(frame);
    EXPECT_EQ(parsed.status, ParseStatus::kIp);
    EXPECT_TRUE(parsed.packet.fragment);
    return reassembler.add(parsed.packet, now);
  }
  FragmentStatus add(const Piece& piece, uint16_t id = 7) {
    last = add_frame(frame_of(piece, id));
    return last.status;
  }

  // Checks that the datagram came back as if nobody had ever cut it.
  void expect_whole() {
    ASSERT_EQ(last.status, FragmentStatus::kComplete);
    const ParsedFrame parsed = parse_frame(last.frame);
    ASSERT_EQ(parsed.status, ParseStatus::kIp);
    EXPECT_FALSE(parsed.packet.fragment);
    EXPECT_EQ(parsed.packet.transport_offset, is_v6() ? 40U : 20U);
    EXPECT_EQ(parsed.packet.source_port, 5000);
    EXPECT_TRUE(std::ranges::equal(parsed.packet.transport, data));
    EXPECT_EQ(reassembler.held_bytes(), 0U);
    EXPECT_EQ(reassembler.next_deadline(), base::kNever);
  }

  std::vector<std::byte> data = std::vector<std::byte>(3000);
  Reassembler reassembler;
  Reassembled last;
  base::Time now{1000s};

 private:
  void append_headers(std::vector<std::byte>& frame, const Piece& piece, size_t payload_bytes,
                      uint16_t id) const {
    EthernetHeader ethernet{};
    ethernet.ether_type = is_v6() ? kEtherTypeIpv6 : kEtherTypeIpv4;
    store_header(base::MutableBytes(frame), ethernet);
    if (is_v6()) {
      const Ipv6Fields fields{source(), destination(), kExtensionFragment, payload_bytes + 8};
      append(frame, base::bytes_of(make_ipv6_header(fields)));
      const Ipv6FragmentHeader fragment{
          kProtocolUdp, 0, static_cast<uint16_t>(piece.begin | (piece.is_last ? 0 : 1)), id};
      append(frame, base::bytes_of(fragment));
    } else {
      const Ipv4Fields fields{source(), destination(), kProtocolUdp, payload_bytes, id};
      auto header = make_ipv4_header(fields);
      header.flags_and_offset = static_cast<uint16_t>(
          piece.begin / 8 | (piece.is_last ? uint16_t{0} : kIpv4MoreFragments));
      append(frame, base::bytes_of(header));
      set_ipv4_checksum(base::MutableBytes(frame).subspan(14, 20));
    }
  }
  static void append(std::vector<std::byte>& frame, base::Bytes bytes) {
    frame.insert(frame.end(), bytes.begin(), bytes.end());
  }
};

INSTANTIATE_TEST_SUITE_P(Families, Reassembly, testing::Bool(),
                         [](const auto& test_case) { return test_case.param ? "v6" : "v4"; });

TEST_P(Reassembly, InOrder) {
  EXPECT_EQ(add({0, 1480}), FragmentStatus::kHeld);
  EXPECT_EQ(add({1480, 2960}), FragmentStatus::kHeld);
  add({2960, 3000, true});
  expect_whole();
}

TEST_P(Reassembly, InReverse) {
  EXPECT_EQ(add({2960, 3000, true}), FragmentStatus::kHeld);
  EXPECT_EQ(add({1480, 2960}), FragmentStatus::kHeld);
  add({0, 1480});
  expect_whole();
}

TEST_P(Reassembly, InAnyOrderOfSmallPieces) {
  std::mt19937 random(6);
  for (int round = 0; round < 20; ++round) {
    std::vector<Piece> pieces;
    for (size_t begin = 0; begin < data.size(); begin += 200) {
      pieces.push_back({begin, begin + 200, begin + 200 == data.size()});
    }
    std::shuffle(pieces.begin(), pieces.end(), random);
    for (const Piece& piece : pieces) add(piece);
    expect_whole();
  }
}

TEST_P(Reassembly, ExactCopiesDoNoHarm) {
  add({0, 1480});
  EXPECT_EQ(add({0, 1480}), FragmentStatus::kHeld);
  add({2960, 3000, true});
  EXPECT_EQ(add({2960, 3000, true}), FragmentStatus::kHeld);
  add({1480, 2960});
  expect_whole();
}

// RFC 5722 section 3: the datagram and every other piece of it, also those still to come.
TEST_P(Reassembly, OverlapSpoilsTheDatagram) {
  add({0, 1480});
  EXPECT_EQ(add({1472, 2960}), FragmentStatus::kOverlap);
  EXPECT_EQ(add({1480, 2960}), FragmentStatus::kOverlap);
  EXPECT_EQ(add({2960, 3000, true}), FragmentStatus::kOverlap);
  EXPECT_EQ(reassembler.expire(now + Reassembler::kTimeout), 0U) << "counted as overlap";
  EXPECT_EQ(reassembler.held_bytes(), 0U);
}

TEST_P(Reassembly, ACopyWithOtherBytesIsAnOverlap) {
  add({0, 1480});
  auto frame = frame_of({0, 1480});
  frame.back() ^= std::byte{1};
  EXPECT_EQ(add_frame(frame).status, FragmentStatus::kOverlap);
}

TEST_P(Reassembly, EndsThatContradictEachOtherAreOverlaps) {
  add({1480, 2480, true}, 1);
  EXPECT_EQ(add({2480, 2960}, 1), FragmentStatus::kOverlap) << "data behind the end";
  add({1480, 2960}, 2);
  EXPECT_EQ(add({800, 1400, true}, 2), FragmentStatus::kOverlap) << "end before data";
  add({2960, 3000, true}, 3);
  EXPECT_EQ(add({1480, 2960, true}, 3), FragmentStatus::kOverlap) << "two ends";
}

TEST_P(Reassembly, MalformedPiecesAreNotStored) {
  EXPECT_EQ(add({0, 1001}), FragmentStatus::kMalformed) << "not a multiple of 8";
  EXPECT_EQ(add({8, 8}), FragmentStatus::kMalformed) << "empty";
  EXPECT_EQ(add({8, 8, true}), FragmentStatus::kMalformed) << "empty end";
  EXPECT_EQ(reassembler.held_bytes(), 0U);
}

TEST_P(Reassembly, NothingGoesBeyond64KiB) {
  data.resize(70000);
  EXPECT_EQ(add({65528, 65536, true}), FragmentStatus::kMalformed);
  EXPECT_EQ(add({65528, 65535, true}),
            is_v6() ? FragmentStatus::kHeld : FragmentStatus::kMalformed);
}

TEST_P(Reassembly, LargestDatagram) {
  data.resize(is_v6() ? 65535 : 65515);
  store_header(base::MutableBytes(data), make_udp_header(5000, 6000, data.size() - 8));
  for (size_t begin = 0; begin < data.size(); begin += 1480) {
    const size_t end = std::min(begin + 1480, data.size());
    add({begin, end, end == data.size()});
  }
  expect_whole();
}

TEST_P(Reassembly, DatagramsAreToldApartByTheirId) {
  add({0, 1480}, 1);
  add({0, 1480}, 2);
  add({1480, 3000, true}, 2);
  EXPECT_EQ(last.status, FragmentStatus::kComplete);
  add({1480, 3000, true}, 1);
  expect_whole();
}

TEST_P(Reassembly, IncompleteDatagramsTimeOut) {
  add({0, 1480}, 1);
  now += 10s;
  add({0, 1480}, 2);
  EXPECT_EQ(reassembler.next_deadline(), now + 20s);
  EXPECT_EQ(reassembler.expire(now + 19s), 0U);
  EXPECT_EQ(reassembler.expire(now + 20s), 1U);
  EXPECT_EQ(reassembler.next_deadline(), now + 30s);
  EXPECT_EQ(add({1480, 3000, true}, 1), FragmentStatus::kHeld) << "starts anew";
  EXPECT_EQ(reassembler.expire(now + 60s), 2U);
  EXPECT_EQ(reassembler.held_bytes(), 0U);
}

TEST_P(Reassembly, MemoryIsBounded) {
  reassembler = Reassembler(64 << 10);
  size_t refused = 0;
  for (uint16_t id = 0; id < 200; ++id) {
    refused += add({0, 1480}, id) == FragmentStatus::kNoMemory ? 1 : 0;
    EXPECT_LE(reassembler.held_bytes(), size_t{64} << 10);
  }
  EXPECT_GT(refused, 150U);
  EXPECT_EQ(reassembler.expire(now + Reassembler::kTimeout), 200 - refused);
  EXPECT_EQ(add({0, 1480}), FragmentStatus::kHeld);
  add({1480, 3000, true});
  expect_whole();
}

TEST_P(Reassembly, HeadersAreThoseOfTheFirstPiece) {
  auto frame = frame_of({0, 1480});
  store_header(base::MutableBytes(frame),
               EthernetHeader{kBroadcastMac, *MacAddress::parse("52:54:00:12:34:56"),
                              is_v6() ? kEtherTypeIpv6 : kEtherTypeIpv4});
  frame[is_v6() ? 14 + 7 : 14 + 8] = std::byte{33};
  if (!is_v6()) set_ipv4_checksum(base::MutableBytes(frame).subspan(14, 20));
  add({1480, 3000, true});
  last = add_frame(frame);
  expect_whole();
  const Packet packet = parse_frame(last.frame).packet;
  EXPECT_EQ(packet.hop_limit, 33);
  EXPECT_EQ(packet.ethernet.source.to_string(), "52:54:00:12:34:56");
}

TEST(ReassemblyVectors, GiveTheDatagramBack) {
  for (const auto& [first, last, text] :
       {std::tuple(test::kFragmentFirst, test::kFragmentLast,
                   "IP 10.0.2.100.5000 > 192.0.2.80.6000: UDP, length 24"),
        std::tuple(test::kFragment6First, test::kFragment6Last,
                   "IP6 fd00::100.5000 > 2001:db8::80.6000: UDP, length 24")}) {
    Reassembler reassembler;
    const auto one = from_hex(first.hex);
    const auto two = from_hex(last.hex);
    reassembler.add(parse_frame(one).packet, {});
    const Reassembled result = reassembler.add(parse_frame(two).packet, {});
    ASSERT_EQ(result.status, FragmentStatus::kComplete);
    EXPECT_EQ(describe_frame(result.frame), text);
    const Packet packet = parse_frame(result.frame).packet;
    EXPECT_TRUE(has_valid_transport_checksum(packet.transport, packet.source, packet.destination,
                                             kProtocolUdp));
  }
}

std::vector<std::byte> ipv6_frame(std::string_view next_header, std::string_view payload) {
  auto frame = from_hex("525500000001 525500000002 86dd 60000000 0000" + std::string(next_header) +
                        "40"
                        "fd000000000000000000000000000100 20010db8000000000000000000000080" +
                        std::string(payload));
  base::store_big_endian(&frame[18], static_cast<uint16_t>(frame.size() - 54));
  return frame;
}

// RFC 6946: apart from all other fragments.
TEST(ReassemblyIpv6, AtomicFragmentPassesAtOnce) {
  Reassembler reassembler;
  const auto held = ipv6_frame("2c", "1100000100000007 0001020304050607");
  EXPECT_EQ(reassembler.add(parse_frame(held).packet, {}).status, FragmentStatus::kHeld);
  const auto atomic = ipv6_frame("2c", "1100000000000007 138817700009 0000 41");
  const Reassembled result = reassembler.add(parse_frame(atomic).packet, {});
  ASSERT_EQ(result.status, FragmentStatus::kComplete);
  EXPECT_EQ(to_hex(result.frame), to_hex(ipv6_frame("11", "138817700009 0000 41")));
  EXPECT_NE(reassembler.held_bytes(), 0U);
}

TEST(ReassemblyIpv6, ExtensionHeadersBeforeTheFragmentHeaderStay) {
  Reassembler reassembler;
  const auto first = ipv6_frame("3c", "2c00010400000000 1100000100000007 1388177000090000");
  const auto last = ipv6_frame("3c", "2c00010400000000 1100000800000007 41");
  reassembler.add(parse_frame(first).packet, {});
  const Reassembled result = reassembler.add(parse_frame(last).packet, {});
  ASSERT_EQ(result.status, FragmentStatus::kComplete);
  EXPECT_EQ(to_hex(result.frame), to_hex(ipv6_frame("3c", "1100010400000000 138817700009000041")));
}

TEST(ReassemblyIpv6, OverlongHeadersAreRefused) {
  Reassembler reassembler;
  const auto frame =
      ipv6_frame("3c", "2c0b" + std::string(188, '0') + "1100000100000007 1388177000090000");
  const ParsedFrame parsed = parse_frame(frame);
  ASSERT_TRUE(parsed.packet.fragment);
  EXPECT_EQ(reassembler.add(parsed.packet, {}).status, FragmentStatus::kMalformed);
}

TEST(FragmentStatusCounter, NamesWhatWasRefused) {
  EXPECT_EQ(drop_counter(FragmentStatus::kOverlap), base::Counter::kDroppedFragmentOverlap);
  EXPECT_EQ(drop_counter(FragmentStatus::kNoMemory), base::Counter::kDroppedFragmentMemory);
  EXPECT_EQ(drop_counter(FragmentStatus::kMalformed), base::Counter::kDroppedBadIp);
  EXPECT_EQ(drop_counter(FragmentStatus::kHeld), std::nullopt);
}

}  // namespace
}  // namespace nsrun::wire
