// SPDX-License-Identifier: Apache-2.0
#include "os/netlink_request.hh"

#include <sys/socket.h>

#include <cerrno>

#include "base/error.hh"

namespace nsrun::os {

void talk_netlink(base::FdView socket, nlmsghdr* request, uint32_t sequence,
                  const std::string& attempted, mnl_cb_t on_data, void* data) {
  // By the calls that a locked-down process has already, for other sockets.
  const auto exchange = [&](auto call, void* bytes, size_t size) {
    iovec vector{bytes, size};
    msghdr header{};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    return call(socket.number(), &header, 0);
  };
  request->nlmsg_seq = sequence;
  base::check(attempted, exchange(::sendmsg, request, request->nlmsg_len));
  alignas(nlmsghdr) std::array<std::byte, kNetlinkBytes> answer;
  int verdict = MNL_CB_OK;
  while (verdict > MNL_CB_STOP) {
    const ssize_t received = exchange(::recvmsg, answer.data(), answer.size());
    if (received < 0 && errno == EINTR) continue;
    base::check(attempted, received);
    verdict = mnl_cb_run(answer.data(), static_cast<size_t>(received), sequence, 0, on_data, data);
  }
  base::check(attempted, verdict);
}

}  // namespace nsrun::os
