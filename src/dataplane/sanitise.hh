// SPDX-License-Identifier: Apache-2.0
//
// What has to happen to a frame before the stack may see it. Pure; works in place.
#pragma once

#include "dataplane/guest_frame.hh"
#include "wire/packet.hh"

namespace nsrun::dataplane {

// Clears TCP's urgent flag and pointer: the data itself stays in line. No application of today
// means it, and stacks have died of it (CVE-2026-9539). `packet` is `frame`, parsed, and is TCP.
void clear_urgent(const GuestFrame& frame, const wire::Packet& packet) noexcept;

// Computes the transport checksum where the guest left that to us. False when `frame` has no room
// for one where its virtio-net header says.
[[nodiscard]] bool complete_checksum(const GuestFrame& frame) noexcept;

// Whether libslirp's own code finds what it counts on in `packet`, which is parsed, whole and about
// to go there: no IP options or extension headers, DHCP and neighbour discovery messages whose
// parts lie inside the datagram. SECURITY.md lists the holes that each of these was.
bool is_fit_for_stack(const wire::Packet& packet) noexcept;
// The same for an Ethernet frame that is ARP.
bool is_fit_arp(base::Bytes frame) noexcept;

// Whether the source address is one that an answer can be sent to. libslirp asserts that in places.
bool has_usable_source(const wire::Packet& packet) noexcept;

}  // namespace nsrun::dataplane
