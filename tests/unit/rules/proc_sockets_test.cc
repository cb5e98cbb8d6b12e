// SPDX-License-Identifier: Apache-2.0
#include "rules/proc_sockets.hh"

#include <gtest/gtest.h>

namespace nsrun::rules {
namespace {

wire::Endpoint endpoint(const char* address, uint16_t port) {
  return {*wire::IpAddress::parse(address), port};
}

using Sockets = std::vector<ProcSocket>;

// As Linux 6.1 writes them.
TEST(ProcSockets, OfTcpHaveEndpointsStateAndInode) {
  EXPECT_EQ(parse_proc_sockets(
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid "
                " timeout inode                                                     \n"
                "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 "
                "       0 1017 1 000000003f1bd4c2 100 0 0 10 0                      \n"
                "   1: 6402000A:A1B2 020200C0:0050 01 00000000:00000000 00:00000000 00000000  1000 "
                "       0 1018 1 000000001e1bd4c2 20 4 30 10 -1                     \n"),
            (Sockets{{endpoint("0.0.0.0", 80), endpoint("0.0.0.0", 0), 10, 1017},
                     {endpoint("10.0.2.100", 0xa1b2), endpoint("192.0.2.2", 80), 1, 1018}}));
}

TEST(ProcSockets, OfUdpAndIpv6AreTheSame) {
  EXPECT_EQ(
      parse_proc_sockets(
          " 4567: 0000000000000000FFFF00006402000A:0044 00000000000000000000000000000000:0000 07 "
          "00000000:00000000 00:00000000 00000000     0        0 99 2 0000000000000000 0\n"),
      (Sockets{{endpoint("10.0.2.100", 68), endpoint("::", 0), 7, 99}}));
}

TEST(ProcSockets, WhatIsCutShortHasNoInode) {
  EXPECT_EQ(parse_proc_sockets("0: 6402000A:0001 020200C0:0050 01 x"),
            (Sockets{{endpoint("10.0.2.100", 1), endpoint("192.0.2.2", 80), 1, 0}}));
}

TEST(ProcSockets, NonsenseIsLeftOut) {
  for (const char* line : {"", "0:", "0: 6402000A:A1B2 020200C0:0050 x",
                           "0: 6402000A:1A1B2 020200C0:0050 01", "0: 6402000A 020200C0:0050 01"}) {
    EXPECT_TRUE(parse_proc_sockets(line).empty()) << line;
  }
}

}  // namespace
}  // namespace nsrun::rules
