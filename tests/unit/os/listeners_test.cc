// SPDX-License-Identifier: Apache-2.0
//
// Each case has a network of its own, so that the list holds its sockets only.
#include "os/listeners.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/error.hh"
#include "in_namespaces.hh"
#include "os/netlink.hh"
#include "os/socket_address.hh"
#include "os/sysctl.hh"

namespace nsrun::os {
namespace {

base::Fd bound(int type, const char* address, uint16_t port, int v6_only = 1) {
  const auto at = SocketAddress::from({wire::IpAddress::parse(address).value(), port});
  base::Fd made(base::check("socket", ::socket(at.storage.ss_family, type, 0)));
  if (at.storage.ss_family == AF_INET6) {
    ::setsockopt(made.number(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
  }
  base::check("bind", ::bind(made.number(), at.get(), at.length));
  return made;
}

base::Fd listening(const char* address, uint16_t port, int v6_only = 1) {
  base::Fd made = bound(SOCK_STREAM, address, port, v6_only);
  base::check("listen", ::listen(made.number(), 1));
  return made;
}

std::string listed(ListenerList& list) {
  std::string text;
  for (const wire::Listener& each : list.read()) {
    text +=
        fmt::format("{} {}, ", each.transport == wire::Transport::kTcp ? "tcp" : "udp", each.local);
  }
  return text;
}

std::string is_equal(const std::string& found, const std::string& expected) {
  return found == expected ? "" : fmt::format("found \"{}\"", found);
}

class ListenerListTest : public testing::Test {
 protected:
  void SetUp() override { NSRUN_NEEDS_USER_NAMESPACES(); }
  static std::string in_a_network(const std::function<std::string()>& piece) {
    return in_namespaces(kUserAndNetwork, [&] {
      Netlink().set_up(1);
      return piece();
    });
  }
};

TEST_F(ListenerListTest, TcpListenersOfBothFamilies) {
  EXPECT_EQ(in_a_network([] {
              ListenerList list;
              const base::Fd sockets[] = {listening("0.0.0.0", 3000), listening("127.0.0.1", 3001),
                                          listening("::", 3002), listening("::1", 3003),
                                          listening("0.0.0.0", 40000)};
              return is_equal(listed(list),
                              "tcp [::]:3002, tcp [::1]:3003, tcp 0.0.0.0:3000, "
                              "tcp 0.0.0.0:40000, tcp 127.0.0.1:3001, ");
            }),
            "");
}

TEST_F(ListenerListTest, WhatTakesBothFamiliesIsThereTwice) {
  EXPECT_EQ(in_a_network([] {
              ListenerList list;
              const base::Fd tcp = listening("::", 3000, /*v6_only=*/0);
              const base::Fd udp = bound(SOCK_DGRAM, "::", 3001, /*v6_only=*/0);
              return is_equal(listed(list),
                              "tcp [::]:3000, tcp 0.0.0.0:3000, udp [::]:3001, udp 0.0.0.0:3001, ");
            }),
            "");
}

TEST_F(ListenerListTest, WhatDoesNotListenIsNotThere) {
  EXPECT_EQ(in_a_network([] {
              ListenerList list;
              const base::Fd only_bound = bound(SOCK_STREAM, "127.0.0.1", 3000);
              const base::Fd server = listening("127.0.0.1", 3001);
              const auto to_server = SocketAddress::from({wire::kLoopbackV4, 3001});
              const base::Fd client = bound(SOCK_STREAM, "127.0.0.1", 3002);
              base::check("connect", ::connect(client.number(), to_server.get(), to_server.length));
              const base::Fd connected = bound(SOCK_DGRAM, "127.0.0.1", 3003);
              base::check("connect",
                          ::connect(connected.number(), to_server.get(), to_server.length));
              return is_equal(listed(list), "tcp 127.0.0.1:3001, ");
            }),
            "");
}

TEST_F(ListenerListTest, UdpAtAPortThatTheKernelChoosesIsLeftOut) {
  EXPECT_EQ(in_a_network([]() -> std::string {
              write_sysctl("net/ipv4/ip_local_port_range", "20000 20100");
              ListenerList list;
              const base::Fd sockets[] = {
                  bound(SOCK_DGRAM, "0.0.0.0", 0), bound(SOCK_DGRAM, "0.0.0.0", 19999),
                  bound(SOCK_DGRAM, "0.0.0.0", 20101), listening("0.0.0.0", 20050)};
              return is_equal(listed(list),
                              "tcp 0.0.0.0:20050, udp 0.0.0.0:19999, udp 0.0.0.0:20101, ");
            }),
            "");
}

TEST_F(ListenerListTest, OneThatClosesIsGoneAndThousandsAreListed) {
  EXPECT_EQ(in_a_network([]() -> std::string {
              ListenerList list;
              std::vector<base::Fd> sockets;
              for (uint16_t port = 3000; port < 3900; ++port) {
                sockets.push_back(listening("0.0.0.0", port));
              }
              if (list.read().size() != 900) return fmt::format("{} listed", list.read().size());
              sockets.erase(sockets.begin() + 1, sockets.end());
              return is_equal(listed(list), "tcp 0.0.0.0:3000, ");
            }),
            "");
}

}  // namespace
}  // namespace nsrun::os
