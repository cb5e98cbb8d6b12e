// SPDX-License-Identifier: Apache-2.0
//
// Where frames towards the guest go: the TAP, or a test's notebook.
#pragma once

#include "base/bytes.hh"
#include "wire/virtio_net.hh"

namespace nsrun::dataplane {

class FrameSink {
 public:
  // One frame: `headers` from the Ethernet header on, then `payload`. False when it was not taken.
  virtual bool send(const wire::VirtioNetHeader& offload, base::Bytes headers,
                    base::Bytes payload) noexcept = 0;
  // Frames may be beyond the MTU (TCP GSO) and carry partial checksums.
  virtual bool has_offloads() const noexcept = 0;
  // Runs of equal datagrams may be one frame (UDP GSO).
  virtual bool has_udp_segmentation() const noexcept = 0;

 protected:
  ~FrameSink() = default;
};

}  // namespace nsrun::dataplane
