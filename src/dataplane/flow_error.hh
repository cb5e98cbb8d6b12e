// SPDX-License-Identifier: Apache-2.0
//
// Tells the guest what became of something that it sent, in the words of the network: an ICMP error
// that quotes it, so that its socket gets the matching errno at once.
#pragma once

#include <optional>

#include "dataplane/frame_sink.hh"
#include "dataplane/link_pair.hh"
#include "wire/flow_key.hh"
#include "wire/icmp.hh"
#include "wire/sequence.hh"

namespace nsrun::dataplane {

// What a failed connect() or send() of the host means. nullopt: no ICMP error says it (for TCP:
// what a closed port says).
std::optional<wire::IcmpError> icmp_error_for(int error) noexcept;

struct FlowError {
  wire::IcmpError error;
  wire::IpAddress reporter;     // of the flow's family
  wire::Sequence syn_sequence;  // TCP: the guest's; its kernel looks for it in the quotation
  uint32_t next_hop_mtu = 0;    // for kPacketTooBig
};

void send_flow_error(FrameSink& sink, const LinkPair& link, const wire::FlowKey& flow,
                     const FlowError& error) noexcept;

}  // namespace nsrun::dataplane
