// SPDX-License-Identifier: Apache-2.0
//
// The seam between the switch and what relays a transport protocol: segments of known flows go
// straight to their engine; only a packet that would begin something new is judged by the policy.
#pragma once

#include "base/time.hh"
#include "dataplane/guest_frame.hh"
#include "wire/packet.hh"

namespace nsrun::dataplane {

class TransportEngine {
 public:
  // True when the packet belonged to a flow and is dealt with. The packet's bytes must stay in
  // place until settle().
  virtual bool receive_known(const wire::Packet& packet, const GuestFrame& frame,
                             base::Time now) noexcept = 0;
  // The policy lets it pass.
  virtual void receive_new(const wire::Packet& packet, const GuestFrame& frame,
                           base::Time now) noexcept = 0;
  // At the end of a wake-up; also before the frames' memory is used again.
  virtual void settle(base::Time now) noexcept = 0;

 protected:
  ~TransportEngine() = default;
};

}  // namespace nsrun::dataplane
