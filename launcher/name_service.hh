// SPDX-License-Identifier: Apache-2.0
//
// nsswitch.conf(5) for the guest. Modules that ask a daemon of the host over a Unix socket
// (nss-resolve, nss-mdns...) would answer with the host's view of the network, past the guest's DNS
// and hosts file. Pure text.
#pragma once

#include <string>
#include <string_view>

namespace nsrun::launcher {

// The host's text with the line of "hosts" replaced. "" when the host has none: the C library's
// default is right then.
std::string nsswitch_for_guest(std::string_view host_text);

}  // namespace nsrun::launcher
