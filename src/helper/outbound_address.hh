// SPDX-License-Identifier: Apache-2.0
//
// The value of --outbound-addr and --outbound-addr6: an address of the host, or an interface whose
// address it is.
#pragma once

#include <optional>
#include <string>

#include "wire/address.hh"

namespace nsrun::helper {

enum class Family { kV4, kV6 };

// nullopt for "". An interface has its first address of the family that is not link-local. Throws
// base::Failure when there is none.
std::optional<wire::IpAddress> resolve_outbound(const std::string& text, Family family);

}  // namespace nsrun::helper
