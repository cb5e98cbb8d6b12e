// SPDX-License-Identifier: Apache-2.0
#include "helper/interface_setup.hh"

#include "base/error.hh"
#include "base/log.hh"
#include "os/netlink.hh"
#include "os/sysctl.hh"
#include "os/tap.hh"

namespace nsrun::helper {
namespace {

// Before the interface is up. By router advertisements it would get a second address, from which a
// server's datagrams would answer those who asked the first one.
void keep_to_one_v6_address(const std::string& interface) {
  os::try_sysctl("net/ipv6/conf/" + interface + "/accept_ra", "0");
}

// Callers ask for IPv6 by default, also on hosts that were booted without it.
void configure_v6(os::Netlink& netlink, int interface, const rules::NetworkPlan& plan) {
  try {
    netlink.add_address(interface, wire::Prefix(plan.guest_v6, plan.v6.length()));
    netlink.add_default_route(interface, plan.gateway_v6);
  } catch (const base::SystemError& error) {
    base::log::warning("no IPv6 in the namespace: {}", error.what());
  }
}

}  // namespace

void configure_interface(const InterfaceSettings& settings) {
  os::Netlink netlink;
  netlink.set_up(netlink.interface_index("lo"));
  const int tap = netlink.interface_index(settings.name);
  if (settings.mac) netlink.set_mac(tap, *settings.mac);
  netlink.set_mtu(tap, settings.mtu);
  keep_to_one_v6_address(settings.name);
  netlink.set_up(tap);
  const rules::NetworkPlan& plan = settings.plan;
  netlink.add_address(tap, wire::Prefix(plan.guest_v4, plan.v4.length()));
  netlink.add_default_route(tap, plan.gateway_v4);
  if (plan.has_v6) configure_v6(netlink, tap, plan);
}

void lengthen_queue(const std::string& name) noexcept {
  try {
    os::Netlink netlink;
    netlink.set_queue_length(netlink.interface_index(name), os::kTapQueueFrames);
  } catch (const std::exception& error) {
    base::log::debug("bursts may be lost: {}", error.what());
  }
}

}  // namespace nsrun::helper
