// SPDX-License-Identifier: Apache-2.0
#include "ctl/guest_processes.hh"

#include <gtest/gtest.h>
#include <unistd.h>

namespace nsrun::ctl {
namespace {

wire::Endpoint endpoint(const char* address, uint16_t port) {
  return {*wire::IpAddress::parse(address), port};
}

rules::ProcSocket socket_of(const wire::Endpoint& own, const wire::Endpoint& other,
                            uint64_t inode) {
  return {own, other, 1, inode};
}

const wire::Endpoint kGuest = endpoint("10.0.2.100", 40000);
const wire::Endpoint kRemote = endpoint("192.0.2.2", 80);

TEST(SocketIndex, AConnectedSocketIsFoundByBothEnds) {
  SocketIndex index;
  index.add("tcp",
            {socket_of(kGuest, kRemote, 1), socket_of(kGuest, endpoint("192.0.2.3", 80), 2)});
  EXPECT_EQ(index.inode_of("tcp", kGuest, kRemote), 1U);
  EXPECT_EQ(index.inode_of("tcp", kGuest, endpoint("192.0.2.3", 80)), 2U);
  EXPECT_EQ(index.inode_of("tcp", kGuest, endpoint("192.0.2.4", 80)), 0U);
  EXPECT_EQ(index.inode_of("udp", kGuest, kRemote), 0U);
}

TEST(SocketIndex, AnUnconnectedOneByItsPort) {
  for (const char* any : {"0.0.0.0", "::"}) {
    SocketIndex index;
    index.add("udp", {socket_of(endpoint(any, 40000), endpoint(any, 0), 3)});
    EXPECT_EQ(index.inode_of("udp", kGuest, kRemote), 3U);
    EXPECT_EQ(index.inode_of("udp", endpoint("10.0.2.100", 40001), kRemote), 0U);
  }
}

TEST(SocketIndex, TheCloserNameWins) {
  SocketIndex index;
  index.add("udp", {socket_of(endpoint("0.0.0.0", 40000), endpoint("0.0.0.0", 0), 3),
                    socket_of(kGuest, endpoint("0.0.0.0", 0), 4), socket_of(kGuest, kRemote, 5)});
  EXPECT_EQ(index.inode_of("udp", kGuest, kRemote), 5U);
  EXPECT_EQ(index.inode_of("udp", kGuest, endpoint("192.0.2.3", 80)), 4U);
  EXPECT_EQ(index.inode_of("udp", endpoint("10.0.2.101", 40000), kRemote), 3U);
}

TEST(SocketIndex, AnOrphanIsNobodys) {
  SocketIndex index;
  index.add("tcp", {socket_of(kGuest, kRemote, 0)});
  EXPECT_EQ(index.inode_of("tcp", kGuest, kRemote), 0U);
}

TEST(Processes, ParentsAreThoseOfTheKernel) {
  EXPECT_EQ(parent_of(getpid()), getppid());
  EXPECT_EQ(parent_of(0), -1);
}

}  // namespace
}  // namespace nsrun::ctl
