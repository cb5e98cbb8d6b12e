// SPDX-License-Identifier: Apache-2.0
#include "wire/udp.hh"

#include <gtest/gtest.h>

#include "hex.hh"
#include "vectors.hh"
#include "wire/packet.hh"

namespace nsrun::wire {
namespace {

using test::from_hex;
using test::to_hex;

TEST(Udp, HeaderRoundTripsButForItsChecksum) {
  const auto frame = from_hex(test::kUdp.hex);
  const auto udp = UdpView::parse(parse_frame(frame).packet.transport);
  ASSERT_TRUE(udp);
  EXPECT_EQ(to_hex(udp->payload()), "68656c6c6f");
  UdpHeader header =
      make_udp_header(udp->source_port(), udp->destination_port(), udp->payload().size());
  header.checksum = udp->checksum();
  EXPECT_EQ(to_hex(base::bytes_of(header)), to_hex(udp->datagram().first(sizeof header)));
}

TEST(Udp, LengthFieldRulesWithinTheBytes) {
  auto bytes = from_hex("1388177000090000 aabb");
  const auto udp = UdpView::parse(bytes);
  ASSERT_TRUE(udp);
  EXPECT_EQ(to_hex(udp->payload()), "aa");
  for (const int length : {0, 7, 11}) {
    bytes[5] = static_cast<std::byte>(length);
    EXPECT_FALSE(UdpView::parse(bytes)) << length;
  }
}

TEST(Udp, LargestDatagram) {
  EXPECT_EQ(make_udp_header(1, 2, 65527).length, 65535);
  EXPECT_DEATH(make_udp_header(1, 2, 65528), "internal error");
}

}  // namespace
}  // namespace nsrun::wire
