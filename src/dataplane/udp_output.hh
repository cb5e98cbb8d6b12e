// SPDX-License-Identifier: Apache-2.0
//
// From datagrams to frames on the TAP. A datagram of up to 65,507 bytes is one frame at any MTU. A
// run of equal datagrams is one frame too where the guest's kernel takes such (UDP GSO).
#pragma once

#include "base/bytes.hh"
#include "dataplane/frame_sink.hh"
#include "dataplane/link_pair.hh"
#include "wire/flow_key.hh"

namespace nsrun::dataplane {

// Sends `payload` from the flow's remote end to the guest: one datagram, or one per `segment_bytes`
// when that is not 0 (the last may be shorter). False when the TAP did not take all.
bool send_datagrams(FrameSink& sink, const LinkPair& link, const wire::FlowKey& flow,
                    base::Bytes payload, uint16_t segment_bytes) noexcept;

}  // namespace nsrun::dataplane
