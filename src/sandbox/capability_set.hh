// SPDX-License-Identifier: Apache-2.0
//
// Capabilities as a set, by name, and the calling thread limited to one (capabilities(7)). For the
// command of netns-run, whose user chooses them; the helper's are those of capabilities.hh.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nsrun::sandbox {

// Bit n is the capability with the number n. Those unknown to the kernel count for nothing.
using CapabilitySet = uint64_t;
inline constexpr CapabilitySet kNoCapabilities = 0;
inline constexpr CapabilitySet kAllCapabilities = ~kNoCapabilities;

// "NET_ADMIN" or "CAP_NET_ADMIN", in either case; empty where nothing has that name.
std::optional<CapabilitySet> capability_named(std::string_view name);

// Takes the rest out of the bounding set, so that no exec can give it. Needs CAP_SETPCAP. Throws
// SystemError.
void limit_bounding_set(CapabilitySet kept);

// Permitted and effective are `kept`, of which all must be held; inheritable and ambient are empty.
// The bounding set stays. Throws SystemError.
void hold_capabilities(CapabilitySet kept);

// Makes `kept`, of which all must be held, inheritable and ambient as well: what another uid than 0
// needs to have them after an exec. Throws SystemError.
void keep_capabilities_over_exec(CapabilitySet kept);

// uid 0 gets no capabilities by executing a file (SECBIT_NOROOT); those of the file it still gets.
// Needs CAP_SETPCAP. Throws SystemError.
void make_root_ordinary();

}  // namespace nsrun::sandbox
