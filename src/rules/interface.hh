// SPDX-License-Identifier: Apache-2.0
//
// What options may say of an interface.
#pragma once

#include <string_view>

namespace nsrun::rules {

inline constexpr int kMinMtuV4 = 68;    // RFC 791: every module must forward this much
inline constexpr int kMinMtuV6 = 1280;  // RFC 8200 section 5
inline constexpr int kMaxMtu = 65521;   // a TAP frame is at most 65535 bytes, 14 of them Ethernet's

// What dev_valid_name() of the kernel takes, without what would confuse people and sysctls.
bool is_interface_name(std::string_view text) noexcept;

}  // namespace nsrun::rules
