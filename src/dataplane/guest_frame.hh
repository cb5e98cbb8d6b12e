// SPDX-License-Identifier: Apache-2.0
//
// A frame on its way from the TAP through the data plane: borrowed, writable bytes.
#pragma once

#include "base/bytes.hh"
#include "base/time.hh"
#include "wire/virtio_net.hh"

namespace nsrun::dataplane {

struct GuestFrame {
  base::MutableBytes bytes;      // from the Ethernet header on
  wire::VirtioNetHeader virtio;  // all zero when the TAP has no such header

  // The transport checksum covers only the pseudo-header so far.
  bool has_partial_checksum() const noexcept {
    return (virtio.flags & wire::kVirtioNeedsChecksum) != 0;
  }
  // Nobody needs to verify the transport checksum: it is partial, or somebody has.
  bool has_trusted_checksum() const noexcept {
    return (virtio.flags & (wire::kVirtioNeedsChecksum | wire::kVirtioDataValid)) != 0;
  }
};

// Who takes the guest's frames.
class FrameReceiver {
 public:
  // The bytes stay valid until the next batch of the loop.
  virtual void receive(const GuestFrame& frame, base::Time now) noexcept = 0;

 protected:
  ~FrameReceiver() = default;
};

}  // namespace nsrun::dataplane
