// SPDX-License-Identifier: Apache-2.0
//
// The TAP device (Documentation/networking/tuntap.rst): open in the namespace that the calling
// thread is in, or adopt a descriptor that somebody passed.
#pragma once

#include <optional>
#include <string>

#include "base/fd.hh"
#include "wire/address.hh"

namespace nsrun::os {

// What the device's frames look like. Both facts come from the kernel, not from hope.
struct TapFeatures {
  bool has_virtio_net_header = false;  // 10 bytes (struct virtio_net_hdr) before each frame
  bool has_tso = false;  // the guest may hand over, and accepts, TCP segments beyond the MTU, and
                         // checksums that are still partial (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)
  bool has_uso =
      false;  // likewise runs of equal UDP datagrams (TUN_F_USO4 | TUN_F_USO6, Linux 6.2)
  friend bool operator==(const TapFeatures&, const TapFeatures&) = default;
};

// What a TAP's queue is set to. The kernel's 1000 are full when some hundred flows speak at once
// (measured 2026-11: 763 of 59,000 frames lost), and a lost reset is never repeated: RFC 9293
// leaves the other side with a connection that nobody ends.
inline constexpr unsigned kTapQueueFrames = 8192;

struct Tap {
  base::Fd fd;  // non-blocking, close-on-exec
  TapFeatures features;
};

// Attaches to `name`, creating it when it does not exist. Asks for the virtio-net header and the
// offloads; goes on without what the kernel refuses. Throws base::Failure with the cause and the
// mend when /dev/net/tun is absent or forbidden, SystemError otherwise.
Tap open_tap(const std::string& name);

// Looks at a passed TAP descriptor (TUNGETIFF, TUNGETVNETHDRSZ) and sets it non-blocking. Turns on
// the offloads when it has the header. Throws SystemError when it is no TAP.
Tap adopt_tap(base::Fd fd);

// From now on the device ends with its network namespace instead of with the last descriptor. That
// close(2) would wait for all processors' readers of the device (some 20 ms here); the end of a
// namespace is the kernel's own work, for which nobody waits. Does nothing when `tap` is none.
void leave_device_to_its_namespace(base::FdView tap) noexcept;

// The MAC address of the TAP's device, which is the guest's interface; nothing when `tap` is none.
std::optional<wire::MacAddress> device_mac(base::FdView tap) noexcept;

// The network namespace of the TAP's device, the guest's. Empty when `tap` is none, or belongs to a
// network over which this process has no rights.
base::Fd network_of(base::FdView tap) noexcept;
// The user namespace that owns it; empty likewise.
base::Fd owner_of_network(base::FdView tap) noexcept;

}  // namespace nsrun::os
