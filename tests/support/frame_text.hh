// SPDX-License-Identifier: Apache-2.0
//
// Frames as text, one line in tcpdump's manner, for the messages of tests.
#pragma once

#include <string>

#include "base/bytes.hh"
#include "wire/packet.hh"

namespace nsrun::test {

// "IP 10.0.2.100.40000 > 93.184.216.34.80: Flags [S], seq 1, win 64240, options [mss 1460],
// length 0". Any bytes are fine; a malformed frame says what is wrong with it.
std::string describe_frame(base::Bytes frame);

// The same for a packet that parsed (ParseStatus::kIp).
std::string describe_packet(const wire::Packet& packet);

}  // namespace nsrun::test
