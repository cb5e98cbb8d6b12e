// SPDX-License-Identifier: Apache-2.0
//
// The few rtnetlink requests of set-up (rtnetlink(7)), in the network namespace that the calling
// thread was in when the object was made. Every call waits for the kernel's answer and throws
// SystemError that says what was attempted.
#pragma once

#include <string>

#include "base/fd.hh"
#include "wire/address.hh"

namespace nsrun::os {

enum class OldRoute { kIsReplaced, kIsAnError };

class Netlink {
 public:
  Netlink();

  int interface_index(const std::string& name);
  void set_up(int interface_index);
  void set_mtu(int interface_index, unsigned mtu);
  // How many frames wait for the reader of a TAP before the kernel drops.
  void set_queue_length(int interface_index, unsigned frames);
  void set_mac(int interface_index, const wire::MacAddress& mac);
  // `prefix` is the interface's address with its network's length. IPv6 addresses are added without
  // duplicate address detection (IFA_F_NODAD): usable at once.
  void add_address(int interface_index, const wire::Prefix& prefix);
  // The default route of the gateway's family. EEXIST is the error when one is there.
  void add_default_route(int interface_index, const wire::IpAddress& gateway,
                         OldRoute old_route = OldRoute::kIsReplaced);
  // What carries `mark` (SO_MARK, socket(7)) takes every address of `family` for one of this
  // namespace's own, by a rule and a table of routes with the mark's number: it never leaves. Those
  // that are there already stay.
  void keep_inside(int family, uint32_t mark);

 private:
  base::Fd socket_;
  uint32_t sequence_ = 0;
};

}  // namespace nsrun::os
