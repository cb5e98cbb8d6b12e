// SPDX-License-Identifier: Apache-2.0
//
// The host's side of one attempt: a UDP socket that hears one server only.
#pragma once

#include "base/fd.hh"
#include "dns/upstream.hh"

namespace nsrun::dns {

// Connected to `server` from a port that the kernel chose at random; non-blocking, close-on-exec.
// Empty, with errno set, when it cannot be had: no descriptor left, no route, no such family.
base::Fd connect_to_upstream(const Upstream& server, uint16_t port) noexcept;

}  // namespace nsrun::dns
