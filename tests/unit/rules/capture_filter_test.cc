// SPDX-License-Identifier: Apache-2.0
#include "rules/capture_filter.hh"

#include <gtest/gtest.h>

#include <string>

namespace nsrun::rules {
namespace {

using Protocol = CaptureFilter::Protocol;
using wire::ParsedFrame;
using wire::ParseStatus;

wire::IpAddress ip(const char* text) { return *wire::IpAddress::parse(text); }

ParsedFrame packet(uint8_t protocol, const wire::Endpoint& from, const wire::Endpoint& to) {
  ParsedFrame frame{ParseStatus::kIp, {}};
  frame.packet.protocol = protocol;
  frame.packet.source = from.address;
  frame.packet.destination = to.address;
  frame.packet.source_port = from.port;
  frame.packet.destination_port = to.port;
  return frame;
}

const wire::Endpoint kGuest{ip("10.0.2.100"), 40000};
const wire::Endpoint kRemote{ip("192.0.2.2"), 80};
const ParsedFrame kTcp = packet(wire::kProtocolTcp, kGuest, kRemote);
const ParsedFrame kUdp = packet(wire::kProtocolUdp, kRemote, kGuest);
const ParsedFrame kPing = packet(wire::kProtocolIcmp, kGuest, kRemote);
const ParsedFrame kPing6 = packet(wire::kProtocolIcmpV6, {ip("fd00::100"), 0}, {ip("::1"), 0});
const ParsedFrame kArp{ParseStatus::kArp, {}};
const ParsedFrame kBroken{ParseStatus::kBadIp, {}};

std::string error_of(const std::string& text) {
  const auto filter = parse_capture_filter(text);
  return filter ? "accepted" : filter.error();
}

// Which of "tuip6ab" the filter takes: TCP, UDP, ICMP, ICMPv6, ARP, broken.
std::string taken_by(const std::string& text) {
  const auto filter = parse_capture_filter(text);
  if (!filter) return filter.error();
  std::string taken;
  const std::pair<char, const ParsedFrame&> frames[] = {{'t', kTcp},   {'u', kUdp}, {'i', kPing},
                                                        {'6', kPing6}, {'a', kArp}, {'b', kBroken}};
  for (const auto& [letter, frame] : frames) {
    if (takes(*filter, frame)) taken += letter;
  }
  return taken;
}

TEST(CaptureFilter, NoneTakesAllEvenWhatNobodyCanRead) {
  EXPECT_EQ(taken_by(""), "tui6ab");
  EXPECT_EQ(taken_by("  "), "tui6ab");
}

TEST(CaptureFilter, AProtocolTakesItsOwn) {
  EXPECT_EQ(taken_by("tcp"), "t");
  EXPECT_EQ(taken_by("udp"), "u");
  EXPECT_EQ(taken_by("icmp"), "i6");
  EXPECT_EQ(taken_by("arp"), "a");
}

TEST(CaptureFilter, PortAndHostAreOfEitherEnd) {
  EXPECT_EQ(taken_by("port 80"), "tu");
  EXPECT_EQ(taken_by("port 40000"), "tu");
  EXPECT_EQ(taken_by("port 81"), "");
  EXPECT_EQ(taken_by("host 192.0.2.2"), "tui");
  EXPECT_EQ(taken_by("host fd00::100"), "6");
}

TEST(CaptureFilter, AllConditionsHold) {
  EXPECT_EQ(taken_by("tcp and port 80"), "t");
  EXPECT_EQ(taken_by("port 80 and port 40000 and host 192.0.2.2 and udp"), "u");
  EXPECT_EQ(taken_by("host 192.0.2.2 and host 192.0.2.3"), "");
  EXPECT_EQ(taken_by("icmp and port 80"), "");
  EXPECT_EQ(taken_by("arp and host 192.0.2.2"), "");
}

TEST(CaptureFilter, AFragmentHasItsProtocolButNoPorts) {
  ParsedFrame fragment = packet(wire::kProtocolUdp, {kGuest.address, 0}, {kRemote.address, 0});
  fragment.packet.fragment.emplace();
  EXPECT_TRUE(takes(*parse_capture_filter("udp and host 192.0.2.2"), fragment));
  EXPECT_FALSE(takes(*parse_capture_filter("port 0"), fragment));
}

TEST(CaptureFilter, AMistakeIsNamed) {
  const std::string form =
      ": expected tcp, udp, icmp, arp, port NUMBER and host ADDRESS, joined by \"and\"";
  EXPECT_EQ(error_of("dst"), "filter: \"dst\"" + form);
  EXPECT_EQ(error_of("port"), "filter: \"port\"" + form);
  EXPECT_EQ(error_of("tcp and"), "filter: \"and\"" + form);
  EXPECT_EQ(error_of("and tcp"), "filter: \"and\"" + form);
  EXPECT_EQ(error_of("tcp port 80"), "filter: \"port\"" + form);
  EXPECT_EQ(error_of("tcp or udp"), "filter: \"or\"" + form);
  EXPECT_EQ(error_of("tcp and udp"), "filter: \"udp\": no frame has two protocols");
  for (const char* port : {"65536", "-1", "x", "80x", "0x50"}) {
    EXPECT_EQ(error_of(std::string("port ") + port),
              std::string("filter: \"") + port + "\" is not a port");
  }
  EXPECT_EQ(error_of("host 10.0.2"), "filter: \"10.0.2\" is not an address");
}

TEST(CaptureFilter, ConditionsAreLimited) {
  std::string text = "port 1";
  for (int i = 2; i <= 16; ++i) text += " and port 1";
  EXPECT_EQ(error_of(text), "accepted");
  EXPECT_EQ(error_of(text + " and port 1"), "filter: more than 16 conditions");
}

}  // namespace
}  // namespace nsrun::rules
