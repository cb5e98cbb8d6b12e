// SPDX-License-Identifier: Apache-2.0
//
// Capabilities of the calling thread (capabilities(7)). They are per thread: call before a second
// one exists.
#pragma once

#include <sys/capability.h>

#include <optional>

namespace nsrun::sandbox {

// Clears every set: permitted, effective, inheritable, ambient, and the bounding set where we may.
// `kept` stays permitted and effective where it was held, and nowhere else. Throws SystemError.
void drop_capabilities(std::optional<cap_value_t> kept);

// In the effective set. Throws SystemError.
bool holds_capability(cap_value_t which);

}  // namespace nsrun::sandbox
