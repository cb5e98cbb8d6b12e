// SPDX-License-Identifier: Apache-2.0
#include "helper/outbound_address.hh"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <memory>

#include "base/error.hh"
#include "base/log.hh"

namespace nsrun::helper {
namespace {

struct FreeInterfaces {
  void operator()(ifaddrs* list) const noexcept { freeifaddrs(list); }
};
using Interfaces = std::unique_ptr<ifaddrs, FreeInterfaces>;

Interfaces list_interfaces() {
  ifaddrs* list = nullptr;
  base::check("list the host's interfaces", getifaddrs(&list));
  return Interfaces(list);
}

std::optional<wire::IpAddress> address_of(const sockaddr* address, Family family) {
  if (address == nullptr) return std::nullopt;
  if (family == Family::kV4 && address->sa_family == AF_INET) {
    return wire::IpAddress::from_bytes(
        base::bytes_of(reinterpret_cast<const sockaddr_in*>(address)->sin_addr));
  }
  if (family == Family::kV6 && address->sa_family == AF_INET6) {
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (!IN6_IS_ADDR_LINKLOCAL(&v6)) return wire::IpAddress::from_bytes(base::bytes_of(v6));
  }
  return std::nullopt;
}

void warn_unless_of_the_host(const wire::IpAddress& wanted, Family family) {
  const Interfaces interfaces = list_interfaces();
  for (const ifaddrs* one = interfaces.get(); one != nullptr; one = one->ifa_next) {
    if (address_of(one->ifa_addr, family) == wanted) return;
  }
  // It may come, or net.ipv4.ip_nonlocal_bind may let it be used.
  base::log::warning("the host has no address {} now: nothing can be reached from it", wanted);
}

}  // namespace

std::optional<wire::IpAddress> resolve_outbound(const std::string& text, Family family) {
  if (text.empty()) return std::nullopt;
  if (const auto address = wire::IpAddress::parse(text)) {
    warn_unless_of_the_host(*address, family);
    return address;
  }
  const Interfaces interfaces = list_interfaces();
  for (const ifaddrs* one = interfaces.get(); one != nullptr; one = one->ifa_next) {
    if (text != one->ifa_name) continue;
    if (const auto address = address_of(one->ifa_addr, family)) return address;
  }
  throw base::Failure(
      fmt::format("--outbound-addr{}: the host has no interface \"{}\" with an {} "
                  "address",
                  family == Family::kV4 ? "" : "6", text, family == Family::kV4 ? "IPv4" : "IPv6"));
}

}  // namespace nsrun::helper
