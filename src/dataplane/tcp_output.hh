// SPDX-License-Identifier: Apache-2.0
//
// From the engine's segments to frames on the TAP. With offloads one segment of up to 64 KiB is one
// frame that the guest's kernel takes whole (gso_size tells it the real sizes) with a partial
// checksum; without them it is cut and summed here.
#pragma once

#include "base/bytes.hh"
#include "dataplane/frame_sink.hh"
#include "dataplane/link_pair.hh"
#include "tcp/segment.hh"
#include "wire/flow_key.hh"

namespace nsrun::dataplane {

// The most payload that one segment to the guest may carry: what fits the 16-bit length of an IPv4
// packet beside two headers without options.
inline constexpr uint32_t kMaxSegmentPayload = 65535 - 40;

// Sends `segment` of the flow from its remote end to the guest. What the TAP refuses is lost, as on
// any link: the engine sends it again.
void send_segment(FrameSink& sink, const LinkPair& link, const wire::FlowKey& flow,
                  const tcp::Segment& segment, uint16_t mss) noexcept;

}  // namespace nsrun::dataplane
