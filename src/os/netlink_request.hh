// SPDX-License-Identifier: Apache-2.0
//
// One netlink request and the kernel's answer (netlink(7)), for the files of this room that know a
// family of them. Not for other rooms.
#pragma once

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include <array>
#include <cstring>
#include <string>

#include "base/bytes.hh"
#include "base/fd.hh"

namespace nsrun::os {

inline constexpr size_t kNetlinkBytes = 8192;

// One request in the making: the header, the family's header, then attributes.
template <typename FamilyHeader>
class NetlinkRequest {
 public:
  NetlinkRequest(uint16_t type, unsigned flags, const FamilyHeader& family_header) {
    header_ = mnl_nlmsg_put_header(buffer_.data());
    header_->nlmsg_type = type;
    header_->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    void* place = mnl_nlmsg_put_extra_header(header_, sizeof family_header);
    std::memcpy(place, &family_header, sizeof family_header);
  }
  NetlinkRequest(const NetlinkRequest&) = delete;
  NetlinkRequest& operator=(const NetlinkRequest&) = delete;

  nlmsghdr* header() noexcept { return header_; }
  void put(uint16_t type, base::Bytes value) {
    mnl_attr_put(header_, type, value.size(), value.data());
  }
  void put_u32(uint16_t type, uint32_t value) { put(type, base::bytes_of(value)); }

 private:
  alignas(nlmsghdr) std::array<std::byte, kNetlinkBytes> buffer_;
  nlmsghdr* header_;
};

// Sends, then waits for the kernel's acknowledgement, or the end of what a dump lists. `on_data`
// sees the messages before it. Throws SystemError(attempted).
void talk_netlink(base::FdView socket, nlmsghdr* request, uint32_t sequence,
                  const std::string& attempted, mnl_cb_t on_data = nullptr, void* data = nullptr);

}  // namespace nsrun::os
