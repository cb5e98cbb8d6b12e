// SPDX-License-Identifier: Apache-2.0
#include "host_network.hh"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/error.hh"
#include "os/netlink.hh"

namespace nsrun::test {
namespace {

constexpr const char* kName = "world0";

// A user namespace once for the process, whose root then may make network namespaces.
void enter_new_namespace() {
  static bool is_root_of_its_own = false;
  base::check("make a network namespace",
              ::unshare(is_root_of_its_own ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET));
  is_root_of_its_own = true;
}

base::Fd open_tun() {
  base::Fd fd(
      base::check("open /dev/net/tun", ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)));
  ifreq request{};
  std::strcpy(request.ifr_name, kName);
  request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
  base::check("make a TUN device", ::ioctl(fd.number(), TUNSETIFF, &request));
  return fd;
}

bool is_echo_reply(const Frame& packet, const wire::IpAddress& from) {
  const wire::Packet parsed = wire::parse_ip(packet).packet;
  if (parsed.protocol != wire::kProtocolIcmpV6 || parsed.source != from) return false;
  return wire::IcmpView::parse(parsed.transport)->type() == wire::icmp_v6::kEchoReply;
}

}  // namespace

HostNetwork::HostNetwork() {
  enter_new_namespace();
  tun_ = open_tun();
  os::Netlink netlink;
  const int world = netlink.interface_index(kName);
  netlink.set_up(netlink.interface_index("lo"));
  netlink.set_up(world);
  netlink.set_mtu(world, kMtu);
  // Where nothing else decides, IPv4 speaks from the first address and IPv6 from the last.
  for (const char* own : {"192.0.2.1/24", "192.0.2.2/24", "169.254.7.1/16", "10.0.2.1/24",
                          "fe80::1/64", "fd00::1/64", "2001:db8::2/64", "2001:db8::1/64"}) {
    netlink.add_address(world, wire::Prefix::parse(own).value());
  }
  for (const char* own : {"2001:db8::1", "2001:db8::2"}) wait_until_reached(ip(own));
}

// The kernel puts the routes of IPv6 addresses in place a moment after it has them.
void HostNetwork::wait_until_reached(const wire::IpAddress& own) const {
  const Frame ping = ping_frame(ip("2001:db8::7"), own);
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  for (;;) {
    deliver(base::Bytes(ping).subspan(sizeof(wire::EthernetHeader)));
    while (const auto packet = next()) {
      if (is_echo_reply(*packet, own)) return;
    }
    if (std::chrono::steady_clock::now() > limit)
      base::throw_errno("reach " + own.to_string(), ETIMEDOUT);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void HostNetwork::set_mtu(unsigned mtu) {
  os::Netlink netlink;
  netlink.set_mtu(netlink.interface_index(kName), mtu);
}

bool HostNetwork::deliver(base::Bytes packet, const wire::VirtioNetHeader& offload) const {
  wire::VirtioNetHeader header = offload;
  const std::array<iovec, 2> pieces{iovec{&header, sizeof header},
                                    iovec{const_cast<std::byte*>(packet.data()), packet.size()}};
  if (::writev(tun_.number(), pieces.data(), pieces.size()) >= 0) return true;
  if (errno != EINVAL) base::throw_errno("deliver a packet");
  return false;
}

std::optional<Frame> HostNetwork::next() const {
  Frame packet(70'000);
  wire::VirtioNetHeader header;
  const std::array<iovec, 2> pieces{iovec{&header, sizeof header},
                                    iovec{packet.data(), packet.size()}};
  const ssize_t count = ::readv(tun_.number(), pieces.data(), pieces.size());
  if (count < 0 && errno == EAGAIN) return std::nullopt;
  base::check("read a packet", static_cast<int>(count));
  packet.resize(static_cast<size_t>(count) - sizeof header);
  return packet;
}

}  // namespace nsrun::test
