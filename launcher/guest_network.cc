// SPDX-License-Identifier: Apache-2.0
#include "launcher/guest_network.hh"

#include <fmt/format.h>

#include <cerrno>

#include "base/error.hh"
#include "base/log.hh"
#include "os/netlink.hh"
#include "os/sysctl.hh"

namespace nsrun::launcher {
namespace {

// A command with an ordinary uid loses all capabilities at exec, so everything that it may need
// rights for is opened to all of the namespace.
void set_namespace_options(const os::Ids& inside) {
  const bool has_low_ports = os::try_sysctl("net/ipv4/ip_unprivileged_port_start", "0");
  const bool has_ping =
      os::try_sysctl("net/ipv4/ping_group_range", fmt::format("{0} {0}", inside.gid));
  if (!has_low_ports || !has_ping) {
    base::log::warning(
        "/proc/sys cannot be written (it is read-only in most containers): the command can use "
        "neither ports below 1024 nor ping");
  }
  // The TAP is a lossless link of microseconds: the simplest algorithm is the fastest there.
  os::try_sysctl("net/ipv4/tcp_congestion_control", "reno");
}

// Before the interface is up: the link-local address needs no check for duplicates on a link with
// one neighbour, and the static address and route make router advertisements superfluous.
void prepare_v6(const std::string& interface_name, bool has_v6) {
  const std::string directory = "net/ipv6/conf/" + interface_name;
  if (!has_v6) os::try_sysctl(directory + "/disable_ipv6", "1");
  os::try_sysctl(directory + "/accept_dad", "0");
  os::try_sysctl(directory + "/accept_ra", "0");
}

bool is_lack_of_v6(int error_number) noexcept {
  return error_number == EAFNOSUPPORT || error_number == EOPNOTSUPP || error_number == EACCES;
}

void add_v6(os::Netlink& netlink, int interface_index, const rules::NetworkPlan& plan,
            os::OldRoute old_route) {
  try {
    netlink.add_address(interface_index, wire::Prefix(plan.guest_v6, plan.v6.length()));
    netlink.add_default_route(interface_index, plan.gateway_v6, old_route);
  } catch (const base::SystemError& error) {
    if (!is_lack_of_v6(error.error_number())) throw;
    base::log::warning("no IPv6 in the namespace: {}", error.what());
  }
}

os::Tap make_interface(os::Netlink& netlink, const Options& options, os::OldRoute old_route) {
  netlink.set_up(netlink.interface_index("lo"));
  os::Tap tap = os::open_tap(options.interface_name);
  const int index = netlink.interface_index(options.interface_name);
  if (options.mac) netlink.set_mac(index, *options.mac);
  netlink.set_mtu(index, options.mtu);
  netlink.set_queue_length(index, os::kTapQueueFrames);
  prepare_v6(options.interface_name, options.plan.has_v6);
  netlink.set_up(index);
  const rules::NetworkPlan& plan = options.plan;
  netlink.add_address(index, wire::Prefix(plan.guest_v4, plan.v4.length()));
  netlink.add_default_route(index, plan.gateway_v4, old_route);
  if (plan.has_v6) add_v6(netlink, index, plan, old_route);
  return tap;
}

// Attaching to a device that is there already would end with somebody else's packets.
void require_free_name(os::Netlink& netlink, const std::string& name) {
  try {
    netlink.interface_index(name);
  } catch (const base::SystemError& error) {
    if (error.error_number() == ENODEV) return;
    throw;
  }
  throw base::Failure(fmt::format(
      "the network namespace has an interface {} already; --ifname names this one differently",
      name));
}

}  // namespace

os::Tap make_guest_network(const Options& options, const os::Ids& inside) {
  set_namespace_options(inside);
  os::Netlink netlink;
  return make_interface(netlink, options, os::OldRoute::kIsReplaced);
}

os::Tap join_guest_network(const Options& options) {
  os::Netlink netlink;
  require_free_name(netlink, options.interface_name);
  try {
    return make_interface(netlink, options, os::OldRoute::kIsAnError);
  } catch (const base::SystemError& error) {
    if (error.error_number() != EEXIST) throw;
    throw base::Failure(
        fmt::format("{}: the network namespace has a default route already", error.what()));
  }
}

}  // namespace nsrun::launcher
