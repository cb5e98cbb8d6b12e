// SPDX-License-Identifier: Apache-2.0
#include "os/netlink_request.hh"

#include <sys/socket.h>

#include <cerrno>

#include "base/error.hh"

namespace nsrun::os {

void talk_netlink(base::FdView socket, nlmsghdr* request, uint32_t sequence,
                  const std::string& attempted, mnl_cb_t on_data, void* data) {
  request->nlmsg_seq = sequence;
  base::check(attempted, ::send(socket.number(), request, request->nlmsg_len, 0));
  alignas(nlmsghdr) std::array<std::byte, kNetlinkBytes> answer;
  int verdict = MNL_CB_OK;
  while (verdict > MNL_CB_STOP) {
    const ssize_t received = ::recv(socket.number(), answer.data(), answer.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    base::check(attempted, received);
    verdict = mnl_cb_run(answer.data(), static_cast<size_t>(received), sequence, 0, on_data, data);
  }
  base::check(attempted, verdict);
}

}  // namespace nsrun::os
