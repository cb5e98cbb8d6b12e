// SPDX-License-Identifier: Apache-2.0
//
// Capabilities of the calling thread (capabilities(7)). They are per thread: call before a second
// one exists.
#pragma once

#include <sys/capability.h>

namespace nsrun::sandbox {

// Clears every set: permitted, effective, inheritable, ambient, and the bounding set where we may.
// CAP_NET_BIND_SERVICE stays permitted and effective where it was held, and nowhere else: forwards
// to ports below 1024 can still be added while running. Throws SystemError.
void drop_capabilities();

// The same without any exception. Throws SystemError.
void drop_all_capabilities();

// In the effective set. Throws SystemError.
bool holds_capability(cap_value_t which);

}  // namespace nsrun::sandbox
