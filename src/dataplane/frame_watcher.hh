// SPDX-License-Identifier: Apache-2.0
//
// Who is shown all that crosses the TAP.
#pragma once

#include "base/bytes.hh"
#include "wire/pcapng.hh"

namespace nsrun::dataplane {

class FrameWatcher {
 public:
  // One frame, from the Ethernet header on: `headers`, then `payload`. Borrowed.
  virtual void note(wire::pcapng::Direction direction, base::Bytes headers,
                    base::Bytes payload) noexcept = 0;

 protected:
  ~FrameWatcher() = default;
};

}  // namespace nsrun::dataplane
