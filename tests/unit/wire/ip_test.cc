// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "hex.hh"
#include "vectors.hh"
#include "wire/arp.hh"
#include "wire/ethernet.hh"
#include "wire/ip_header.hh"

namespace nsrun::wire {
namespace {

using test::from_hex;
using test::to_hex;

base::Bytes behind_ethernet(const std::vector<std::byte>& frame) {
  return base::Bytes(frame).subspan(sizeof(EthernetHeader));
}

TEST(Ethernet, HeaderRoundTrips) {
  const auto frame = from_hex(test::kUdp.hex);
  const auto view = EthernetView::parse(frame);
  ASSERT_TRUE(view);
  const EthernetHeader header = view->header();
  EXPECT_EQ(header.ether_type, kEtherTypeIpv4);
  EXPECT_EQ(to_hex(base::bytes_of(header)), test::kUdp.hex.substr(0, 28));
  EXPECT_EQ(view->payload().size(), frame.size() - 14);
}

TEST(Arp, RequestIsRead) {
  const auto frame = from_hex(test::kArpRequest.hex);
  const auto request = ArpView::parse(behind_ethernet(frame));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->operation(), kArpRequest);
  EXPECT_EQ(request->target_ip().to_string(), "10.0.2.2");
}

TEST(Arp, OtherAddressKindsAndShortMessagesAreRefused) {
  const auto frame = from_hex(test::kArpRequest.hex);
  const base::Bytes message = behind_ethernet(frame);
  for (size_t length = 0; length < sizeof(ArpMessage); ++length) {
    EXPECT_FALSE(ArpView::parse(message.first(length)));
  }
  for (const size_t position : {0U, 1U, 2U, 3U, 4U, 5U}) {
    std::vector<std::byte> changed(message.begin(), message.end());
    changed[position] ^= std::byte{1};
    EXPECT_FALSE(ArpView::parse(changed)) << position;
  }
}

TEST(Ipv4, HeaderRoundTrips) {
  for (const auto& vector : {test::kTcpSyn, test::kUdp, test::kIcmpEcho, test::kSctp}) {
    const auto frame = from_hex(vector.hex);
    const auto view = Ipv4View::parse(behind_ethernet(frame));
    ASSERT_TRUE(view && view->has_valid_checksum());
    Ipv4Fields fields;
    fields.source = view->source();
    fields.destination = view->destination();
    fields.protocol = view->protocol();
    fields.payload_length = view->payload().size();
    fields.identification = view->identification();
    fields.dont_fragment = view->dont_fragment();
    fields.hop_limit = view->hop_limit();
    const Ipv4Header header = make_ipv4_header(fields);
    EXPECT_EQ(to_hex(base::bytes_of(header)), to_hex(view->packet().first(sizeof header)));
  }
}

TEST(Ipv4, OptionsAreFoundAndSummed) {
  auto frame = from_hex(test::kIp4Options.hex);
  const auto view = Ipv4View::parse(behind_ethernet(frame));
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header_length(), 24U);
  EXPECT_EQ(to_hex(view->options()), "94040000");
  EXPECT_TRUE(view->has_valid_checksum());
  frame[14 + 22] ^= std::byte{1};
  EXPECT_FALSE(Ipv4View::parse(behind_ethernet(frame))->has_valid_checksum());
  set_ipv4_checksum(base::MutableBytes(frame).subspan(14, 24));
  EXPECT_TRUE(Ipv4View::parse(behind_ethernet(frame))->has_valid_checksum());
}

TEST(Ipv4, FragmentFields) {
  const auto first = from_hex(test::kFragmentFirst.hex);
  const auto last = from_hex(test::kFragmentLast.hex);
  const auto begin = Ipv4View::parse(behind_ethernet(first));
  const auto end = Ipv4View::parse(behind_ethernet(last));
  ASSERT_TRUE(begin && end);
  EXPECT_TRUE(begin->is_fragment() && begin->more_fragments() && !begin->dont_fragment());
  EXPECT_TRUE(end->is_fragment() && !end->more_fragments());
  EXPECT_EQ(begin->fragment_offset_bytes(), 0U);
  EXPECT_EQ(end->fragment_offset_bytes(), 16U);
  EXPECT_EQ(end->identification(), 77);
}

TEST(Ipv6, HeaderRoundTrips) {
  const auto frame = from_hex(test::kTcp6SynAck.hex);
  const auto view = Ipv6View::parse(behind_ethernet(frame));
  ASSERT_TRUE(view);
  const Ipv6Fields fields{view->source(), view->destination(), view->next_header(),
                          view->payload().size(), view->hop_limit()};
  EXPECT_EQ(to_hex(base::bytes_of(make_ipv6_header(fields))), to_hex(view->packet().first(40)));
}

struct IpEnds {
  const char* source;
  const char* destination;
};

std::string header_hex(size_t room, const IpEnds& ends, bool dont_fragment = true) {
  std::vector<std::byte> space(room);
  base::ByteWriter writer(space);
  write_ip_header(writer, *IpAddress::parse(ends.source), *IpAddress::parse(ends.destination),
                  kProtocolUdp, 30, dont_fragment);
  return writer.ok() ? to_hex(writer.written()) : "no room";
}

TEST(IpHeader, IsOfTheAddressesFamily) {
  constexpr IpEnds kV4{"10.0.2.100", "192.0.2.1"};
  constexpr IpEnds kV6{"fd00::100", "2001:db8::1"};
  EXPECT_EQ(header_hex(20, kV4), "450000320000400040116c560a000264c0000201");
  EXPECT_EQ(header_hex(20, kV4, false), "45000032000000004011ac560a000264c0000201");
  EXPECT_EQ(header_hex(40, kV6),
            "60000000001e1140fd00000000000000000000000000010020010db8000000000000000000000001");
  EXPECT_EQ(header_hex(ip_header_length(true) - 1, kV4), "no room");
  EXPECT_EQ(header_hex(ip_header_length(false) - 1, kV6), "no room");
}

// `next_header`, then what follows the IPv6 header, all in hex.
struct Chain {
  const char* name;
  uint8_t next_header;
  std::string_view payload;
  bool is_accepted;
  uint8_t protocol;
  size_t transport_offset;
};

std::optional<Ipv6Chain> walk(uint8_t next_header, const std::vector<std::byte>& payload) {
  const Ipv6Fields fields{kLoopbackV6, kLoopbackV6, next_header, payload.size()};
  const Ipv6Header header = make_ipv6_header(fields);
  const base::Bytes header_bytes = base::bytes_of(header);
  std::vector<std::byte> packet(header_bytes.begin(), header_bytes.end());
  packet.insert(packet.end(), payload.begin(), payload.end());
  return walk_extension_headers(*Ipv6View::parse(packet));
}

class Ipv6Chains : public testing::TestWithParam<Chain> {};

TEST_P(Ipv6Chains, AreWalkedOrRefused) {
  const Chain& expected = GetParam();
  const auto chain = walk(expected.next_header, from_hex(expected.payload));
  ASSERT_EQ(chain.has_value(), expected.is_accepted);
  if (!chain) return;
  EXPECT_EQ(chain->protocol, expected.protocol);
  EXPECT_EQ(chain->transport_offset, expected.transport_offset);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Ipv6Chains,
    testing::Values(
        Chain{"none", 6, "", true, 6, 40}, Chain{"no_next_header", 59, "", true, 59, 40},
        Chain{"hop_by_hop", 0, "11000104 00000000", true, 17, 48},
        Chain{"long_destination_options", 60, "11010104000000000000000000000000", true, 17, 56},
        Chain{"routing_all_done", 43, "0600020000000000", true, 6, 48},
        Chain{"routing_segments_left", 43, "0600020100000000", false, 0, 0},
        Chain{"hop_by_hop_second", 60, "0000010400000000 1100010400000000", false, 0, 0},
        Chain{"truncated_header", 60, "11000104000000", false, 0, 0},
        Chain{"truncated_by_length", 60, "1101010400000000", false, 0, 0},
        Chain{"fragment", 44, "0600000100000007 1234", true, 6, 48},
        Chain{"truncated_fragment", 44, "06000001000000", false, 0, 0},
        Chain{"nothing_behind_fragment_is_read", 44, "3c00000900000007 ff", true, 60, 48}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(Ipv6Chain, LengthIsBounded) {
  std::string headers;
  for (size_t i = 0; i < kMaxExtensionHeaders - 1; ++i) headers += "3c00010400000000";
  EXPECT_TRUE(walk(kExtensionDestination, from_hex(headers + "1100010400000000")));
  EXPECT_FALSE(walk(kExtensionDestination, from_hex(headers + "3c000104000000001100010400000000")));
}

}  // namespace
}  // namespace nsrun::wire
