// SPDX-License-Identifier: Apache-2.0
#include "wire/icmp.hh"

#include <gtest/gtest.h>

#include "hex.hh"
#include "support/frame_text.hh"
#include "vectors.hh"
#include "wire/checksum.hh"
#include "wire/packet.hh"

namespace nsrun::wire {
namespace {

using nsrun::test::describe_packet;
using test::from_hex;
using test::to_hex;

const IpAddress kGateway = *IpAddress::parse("10.0.2.2");
const IpAddress kGateway6 = *IpAddress::parse("fd00::2");

std::vector<std::byte> ip_of(const test::Vector& vector) {
  const auto frame = from_hex(vector.hex);
  return {frame.begin() + 14, frame.end()};
}

// The error packet as text; empty when there is none.
std::string error_text(IcmpError error, const IpAddress& from, base::Bytes offending,
                       uint32_t mtu = 0) {
  std::array<std::byte, kMaxIcmpV6ErrorBytes> out{};
  const size_t length = emit_icmp_error(out, error, from, offending, mtu);
  if (length == 0) return {};
  return describe_packet(parse_ip(base::Bytes(out).first(length)).packet);
}

TEST(Icmp, EchoRoundTrips) {
  const auto packet = ip_of(test::kIcmpEcho);
  const Packet parsed = parse_ip(packet).packet;
  const auto icmp = IcmpView::parse(parsed.transport);
  ASSERT_TRUE(icmp);
  EXPECT_EQ(icmp->type(), icmp_v4::kEchoRequest);
  EXPECT_EQ(icmp->identifier(), 3);
  EXPECT_EQ(icmp->sequence(), 1);
  std::array<std::byte, 100> out{};
  const size_t length =
      emit_icmp_packet(out, parsed.source, parsed.destination, icmp->header(), icmp->payload());
  // All but the IP header, whose identification is the sender's.
  EXPECT_EQ(to_hex(base::Bytes(out).first(length).subspan(20)), to_hex(parsed.transport));
}

TEST(Icmp, Ipv6EchoRoundTrips) {
  const auto packet = ip_of(test::kIcmp6Echo);
  const Packet parsed = parse_ip(packet).packet;
  const auto icmp = IcmpView::parse(parsed.transport);
  ASSERT_TRUE(icmp);
  std::array<std::byte, 100> out{};
  const size_t length =
      emit_icmp_packet(out, parsed.source, parsed.destination, icmp->header(), icmp->payload());
  EXPECT_EQ(to_hex(base::Bytes(out).first(length)), to_hex(packet));
  EXPECT_EQ(emit_icmp_packet(base::MutableBytes(out).first(length - 1), parsed.source,
                             parsed.destination, icmp->header(), icmp->payload()),
            0U);
}

TEST(IcmpError, MatchesTheVectors) {
  EXPECT_EQ(error_text(IcmpError::kAdministrativelyProhibited, kGateway, ip_of(test::kUdp)),
            test::kIcmpUnreachable.text);
  EXPECT_EQ(error_text(IcmpError::kPacketTooBig, kGateway, ip_of(test::kUdp), 1400),
            test::kIcmpFragNeeded.text);
  EXPECT_EQ(error_text(IcmpError::kPacketTooBig, kGateway6, ip_of(test::kTcp6SynAck), 1400),
            "IP6 fd00::2 > 2001:db8::80: ICMP6, packet too big, mtu 1400, length 72");
}

TEST(IcmpError, NumbersOfBothFamilies) {
  struct Row {
    IcmpError error;
    std::string_view v4, v6;
  };
  for (const Row& row : {Row{IcmpError::kNetworkUnreachable, "0300", "0100"},
                         Row{IcmpError::kHostUnreachable, "0301", "0103"},
                         Row{IcmpError::kPortUnreachable, "0303", "0104"},
                         Row{IcmpError::kAdministrativelyProhibited, "030d", "0101"},
                         Row{IcmpError::kPacketTooBig, "0304", "0200"},
                         Row{IcmpError::kTimeExceeded, "0b00", "0300"}}) {
    std::array<std::byte, kMaxIcmpV6ErrorBytes> out{};
    ASSERT_NE(emit_icmp_error(out, row.error, kGateway, ip_of(test::kUdp)), 0U);
    EXPECT_EQ(to_hex(base::Bytes(out).subspan(20, 2)), row.v4);
    ASSERT_NE(emit_icmp_error(out, row.error, kGateway6, ip_of(test::kTcp6SynAck)), 0U);
    EXPECT_EQ(to_hex(base::Bytes(out).subspan(40, 2)), row.v6);
  }
}

TEST(IcmpError, ChecksumsAreRight) {
  std::array<std::byte, kMaxIcmpV6ErrorBytes> out{};
  size_t length = emit_icmp_error(out, IcmpError::kHostUnreachable, kGateway, ip_of(test::kUdp));
  EXPECT_EQ(internet_checksum(base::Bytes(out).first(length).subspan(20)), 0);
  length = emit_icmp_error(out, IcmpError::kHostUnreachable, kGateway6, ip_of(test::kTcp6SynAck));
  const Packet packet = parse_ip(base::Bytes(out).first(length)).packet;
  EXPECT_TRUE(has_valid_transport_checksum(packet.transport, packet.source, packet.destination,
                                           kProtocolIcmpV6));
}

TEST(IcmpError, QuotesAsMuchAsTheLimitsAllow) {
  std::vector<std::byte> big(4000);
  Ipv4Fields fields{*IpAddress::parse("10.0.2.100"), *IpAddress::parse("192.0.2.1"), 132, 3980};
  store_header(base::MutableBytes(big), make_ipv4_header(fields));
  std::array<std::byte, 2000> out{};
  EXPECT_EQ(emit_icmp_error(out, IcmpError::kHostUnreachable, kGateway, big), 576U);

  Ipv6Fields fields6{*IpAddress::parse("fd00::100"), *IpAddress::parse("2001:db8::1"), 132, 3960};
  store_header(base::MutableBytes(big), make_ipv6_header(fields6));
  EXPECT_EQ(emit_icmp_error(out, IcmpError::kHostUnreachable, kGateway6, big), 1280U);
  EXPECT_EQ(emit_icmp_error(base::MutableBytes(out).first(1279), IcmpError::kHostUnreachable,
                            kGateway6, big),
            0U);
}

// RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e)
TEST(IcmpError, IsNotSentWhereTheRfcsForbidIt) {
  constexpr auto kError = IcmpError::kHostUnreachable;
  EXPECT_EQ(error_text(kError, kGateway, ip_of(test::kIcmpUnreachable)), "");
  EXPECT_EQ(error_text(kError, kGateway6, ip_of(test::kIcmp6TooBig)), "");
  EXPECT_EQ(error_text(kError, kGateway, ip_of(test::kFragmentLast)), "");
  EXPECT_NE(error_text(kError, kGateway, ip_of(test::kFragmentFirst)), "");
  EXPECT_NE(error_text(kError, kGateway, ip_of(test::kIcmpEcho)), "");
  EXPECT_EQ(error_text(kError, kGateway6, ip_of(test::kUdp)), "") << "families differ";
  EXPECT_EQ(error_text(kError, kGateway, {}), "");
  for (const char* destination : {"224.0.0.1", "255.255.255.255"}) {
    const Ipv4Fields fields{*IpAddress::parse("10.0.2.100"), *IpAddress::parse(destination), 132};
    EXPECT_EQ(error_text(kError, kGateway, base::bytes_of(make_ipv4_header(fields))), "");
  }
  const Ipv4Fields from_nobody{kAnyV4, *IpAddress::parse("192.0.2.1"), 132};
  EXPECT_EQ(error_text(kError, kGateway, base::bytes_of(make_ipv4_header(from_nobody))), "");
  const Ipv6Fields to_many{*IpAddress::parse("fd00::100"), *IpAddress::parse("ff02::1"), 132};
  EXPECT_EQ(error_text(kError, kGateway6, base::bytes_of(make_ipv6_header(to_many))), "");
}

}  // namespace
}  // namespace nsrun::wire
