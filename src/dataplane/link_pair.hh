// SPDX-License-Identifier: Apache-2.0
//
// The link-layer addresses of frames to the guest, and who knows them.
#pragma once

#include "wire/address.hh"

namespace nsrun::dataplane {

struct LinkPair {
  wire::MacAddress guest;
  wire::MacAddress ours;
};

class LinkDirectory {
 public:
  // What frames from `remote` to `guest` bear. As long as nobody in the guest has said where it is,
  // they go to everybody, and the directory may ask: a frame of its own then goes to the guest.
  virtual LinkPair link_for(const wire::IpAddress& guest,
                            const wire::IpAddress& remote) const noexcept = 0;

 protected:
  ~LinkDirectory() = default;
};

}  // namespace nsrun::dataplane
