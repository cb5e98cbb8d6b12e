// SPDX-License-Identifier: Apache-2.0
#include "os/netlink.hh"

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/error.hh"
#include "os/netlink_request.hh"

namespace nsrun::os {
namespace {

ifinfomsg link(int interface_index, unsigned flags_to_set = 0) {
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  header.ifi_index = interface_index;
  header.ifi_flags = flags_to_set;
  header.ifi_change = flags_to_set;
  return header;
}

uint8_t family_of(const wire::IpAddress& address) noexcept {
  return address.is_v4() ? AF_INET : AF_INET6;
}

int read_index(const nlmsghdr* header, void* into) {
  *static_cast<int*>(into) =
      static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header))->ifi_index;
  return MNL_CB_OK;
}

}  // namespace

Netlink::Netlink()
    : socket_(base::check("open a netlink socket",
                          ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE))) {}

int Netlink::interface_index(const std::string& name) {
  NetlinkRequest request(RTM_GETLINK, 0, link(0));
  mnl_attr_put_strz(request.header(), IFLA_IFNAME, name.c_str());
  int index = 0;
  talk_netlink(socket_, request.header(), ++sequence_, fmt::format("find the interface {}", name),
               read_index, &index);
  return index;
}

void Netlink::set_up(int interface_index) {
  NetlinkRequest request(RTM_NEWLINK, 0, link(interface_index, IFF_UP));
  talk_netlink(socket_, request.header(), ++sequence_,
               fmt::format("bring up interface {}", interface_index));
}

void Netlink::set_mtu(int interface_index, unsigned mtu) {
  NetlinkRequest request(RTM_NEWLINK, 0, link(interface_index));
  request.put_u32(IFLA_MTU, mtu);
  talk_netlink(socket_, request.header(), ++sequence_,
               fmt::format("set the MTU of interface {} to {}", interface_index, mtu));
}

void Netlink::set_queue_length(int interface_index, unsigned frames) {
  NetlinkRequest request(RTM_NEWLINK, 0, link(interface_index));
  request.put_u32(IFLA_TXQLEN, frames);
  talk_netlink(socket_, request.header(), ++sequence_,
               fmt::format("set the queue of interface {} to {} frames", interface_index, frames));
}

void Netlink::set_mac(int interface_index, const wire::MacAddress& mac) {
  NetlinkRequest request(RTM_NEWLINK, 0, link(interface_index));
  request.put(IFLA_ADDRESS, base::bytes_of(mac.octets));
  talk_netlink(
      socket_, request.header(), ++sequence_,
      fmt::format("set the MAC address of interface {} to {}", interface_index, mac.to_string()));
}

void Netlink::add_address(int interface_index, const wire::Prefix& prefix) {
  const wire::IpAddress address = prefix.address();
  ifaddrmsg header{};
  header.ifa_family = family_of(address);
  header.ifa_prefixlen = static_cast<uint8_t>(prefix.length());
  header.ifa_scope = RT_SCOPE_UNIVERSE;
  header.ifa_index = static_cast<uint32_t>(interface_index);
  if (address.is_v6()) header.ifa_flags = IFA_F_NODAD;
  NetlinkRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, header);
  request.put(IFA_LOCAL, address.header_bytes());
  request.put(IFA_ADDRESS, address.header_bytes());
  if (address.is_v4() && prefix.length() < 31) {
    const uint32_t host_bits = 0xffffffffU >> prefix.length();
    const auto broadcast = wire::IpAddress::v4(address.v4_value() | host_bits);
    request.put(IFA_BROADCAST, broadcast.header_bytes());
  }
  talk_netlink(
      socket_, request.header(), ++sequence_,
      fmt::format("add the address {} to interface {}", prefix.to_string(), interface_index));
}

void Netlink::add_default_route(int interface_index, const wire::IpAddress& gateway,
                                OldRoute old_route) {
  rtmsg header{};
  header.rtm_family = family_of(gateway);
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_BOOT;
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_UNICAST;
  const unsigned old_route_flag = old_route == OldRoute::kIsReplaced ? NLM_F_REPLACE : NLM_F_EXCL;
  NetlinkRequest request(RTM_NEWROUTE, NLM_F_CREATE | old_route_flag, header);
  request.put(RTA_GATEWAY, gateway.header_bytes());
  request.put_u32(RTA_OIF, static_cast<uint32_t>(interface_index));
  talk_netlink(socket_, request.header(), ++sequence_,
               fmt::format("add the default route by {}", gateway.to_string()));
}

void Netlink::keep_inside(int family, uint32_t mark) {
  rtmsg route{};
  route.rtm_family = static_cast<uint8_t>(family);
  route.rtm_protocol = RTPROT_BOOT;
  route.rtm_scope = RT_SCOPE_HOST;
  route.rtm_type = RTN_LOCAL;
  NetlinkRequest all_addresses(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route);
  all_addresses.put_u32(RTA_TABLE, mark);
  all_addresses.put_u32(RTA_OIF, static_cast<uint32_t>(interface_index("lo")));
  talk_netlink(socket_, all_addresses.header(), ++sequence_,
               fmt::format("add a local route to table {}", mark));

  fib_rule_hdr rule{};
  rule.family = static_cast<uint8_t>(family);
  rule.action = FR_ACT_TO_TBL;
  NetlinkRequest by_mark(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule);
  by_mark.put_u32(FRA_FWMARK, mark);
  by_mark.put_u32(FRA_TABLE, mark);
  try {
    talk_netlink(socket_, by_mark.header(), ++sequence_,
                 fmt::format("add a rule for the mark {}", mark));
  } catch (const base::SystemError& error) {
    if (error.error_number() != EEXIST) throw;
  }
}

}  // namespace nsrun::os
