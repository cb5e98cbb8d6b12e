// SPDX-License-Identifier: Apache-2.0
//
// What --configure does: loopback and TAP up, with MTU, addresses and default routes, in the
// network namespace that the calling process is in.
#pragma once

#include <optional>
#include <string>

#include "rules/network_plan.hh"
#include "wire/address.hh"

namespace nsrun::helper {

struct InterfaceSettings {
  std::string name;
  std::optional<wire::MacAddress> mac;
  unsigned mtu = 1500;
  rules::NetworkPlan plan;
};

// Everything is usable when this returns; IPv6 addresses are not tentative. Where the kernel has no
// IPv6 that part is left out with a warning. Throws SystemError.
void configure_interface(const InterfaceSettings& settings);

// So that bursts find room in the TAP (os::kTapQueueFrames), also in one that the caller made and
// configures. Without the right to do so it stays as it is.
void lengthen_queue(const std::string& name) noexcept;

}  // namespace nsrun::helper
