// SPDX-License-Identifier: Apache-2.0
//
// The IP header of a packet that we make, in the family of its addresses. Inline: every frame to
// the guest begins with one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hh"
#include "wire/address.hh"
#include "wire/ipv4.hh"
#include "wire/ipv6.hh"

namespace nsrun::wire {

constexpr size_t ip_header_length(bool is_v4) noexcept {
  return is_v4 ? sizeof(Ipv4Header) : sizeof(Ipv6Header);
}

// Both addresses are of one family. `payload_length` is at most 65535, for IPv4 with the header;
// `dont_fragment` means something for IPv4 only. Without room the writer has its error set.
inline void write_ip_header(base::ByteWriter& writer, const IpAddress& source,
                            const IpAddress& destination, uint8_t protocol, size_t payload_length,
                            bool dont_fragment = true) noexcept {
  if (source.is_v4()) {
    writer.write(base::bytes_of(make_ipv4_header({.source = source,
                                                  .destination = destination,
                                                  .protocol = protocol,
                                                  .payload_length = payload_length,
                                                  .dont_fragment = dont_fragment})));
  } else {
    writer.write(base::bytes_of(make_ipv6_header({.source = source,
                                                  .destination = destination,
                                                  .next_header = protocol,
                                                  .payload_length = payload_length})));
  }
}

}  // namespace nsrun::wire
