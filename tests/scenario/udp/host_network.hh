// SPDX-License-Identifier: Apache-2.0
//
// The network that the host is on: a namespace of its own, whose only link is a TUN device that the
// test holds the other end of. What a packet says there is what the world would see and say.
#pragma once

#include <optional>

#include "base/fd.hh"
#include "support/frames.hh"
#include "wire/virtio_net.hh"

namespace nsrun::test {

class HostNetwork {
 public:
  static constexpr unsigned kMtu = 1500;

  // Moves the calling thread, the process's only one, into a new network namespace. Throws
  // SystemError where that is forbidden.
  HostNetwork();

  void set_mtu(unsigned mtu);
  // From the world to the host. False: the kernel cannot take it (a run, before Linux 6.2).
  bool deliver(base::Bytes packet, const wire::VirtioNetHeader& offload = {}) const;
  // The next packet from the host to the world, if there is one.
  std::optional<Frame> next() const;

 private:
  void wait_until_reached(const wire::IpAddress& own) const;

  base::Fd tun_;
};

}  // namespace nsrun::test
