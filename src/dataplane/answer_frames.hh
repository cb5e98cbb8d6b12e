// SPDX-License-Identifier: Apache-2.0
//
// The frames that the switch itself sends to the guest: refusals, and datagrams such as DNS
// answers. Pure: whole frames with all checksums into the caller's buffer; the result is their
// length, 0 when there is no room or nothing to send.
#pragma once

#include "base/bytes.hh"
#include "dataplane/link_pair.hh"
#include "wire/icmp.hh"
#include "wire/packet.hh"

namespace nsrun::dataplane {

// Room for any frame that these functions make: the IPv6 header does not count in its length field.
inline constexpr size_t kLongestAnswerFrame =
    sizeof(wire::EthernetHeader) + sizeof(wire::Ipv6Header) + 65535;

// The RST that answers the TCP segment `packet` where no connection is (RFC 9293 section 3.10.7.1).
// Nothing for an RST, and for what did not come from one host to one host.
size_t emit_reset(base::MutableBytes out, const wire::Packet& packet) noexcept;

// An ICMP error about `packet` in the name of `reporter`. Nothing for a packet that deserves none
// (RFC 1122 section 3.2.2).
size_t emit_refusal(base::MutableBytes out, wire::IcmpError error, const wire::IpAddress& reporter,
                    const wire::Packet& packet) noexcept;

// An ARP request from the gateway at `link.ours` to `link.guest`: who has `guest`?
size_t emit_arp_request(base::MutableBytes out, const LinkPair& link,
                        const wire::IpAddress& gateway, const wire::IpAddress& guest) noexcept;

// A UDP datagram, unfragmented however long it is: the TAP takes frames beyond its MTU.
size_t emit_datagram(base::MutableBytes out, const LinkPair& link, const wire::Endpoint& source,
                     const wire::Endpoint& destination, base::Bytes payload) noexcept;

}  // namespace nsrun::dataplane
