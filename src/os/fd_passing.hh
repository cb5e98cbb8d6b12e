// SPDX-License-Identifier: Apache-2.0
//
// Messages with file descriptors over a Unix SOCK_SEQPACKET socket (unix(7), SCM_RIGHTS), and who
// is at the other end of a Unix socket.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.hh"
#include "base/fd.hh"

namespace nsrun::os {

inline constexpr size_t kMaxPassedFds = 8;

// A connected pair, close-on-exec.
std::pair<base::Fd, base::Fd> make_seqpacket_pair();

// As they were when the socket was connected, or made to listen (SO_PEERCRED). Throws SystemError.
ucred peer_of(base::FdView socket);

// One message, whole or not at all. Throws SystemError.
void send_message(base::FdView socket, base::Bytes bytes, std::span<const base::FdView> fds = {});

struct Message {
  std::vector<std::byte> bytes;
  std::vector<base::Fd> fds;  // close-on-exec
};

// The same without waiting, and without descriptors; false while there is no room.
bool try_send_message(base::FdView socket, base::Bytes bytes);

// Waits for one message of at most 64 KiB; nullopt when the other side has closed. Throws
// SystemError, also when the message or its descriptors were cut short.
std::optional<Message> receive_message(base::FdView socket);

}  // namespace nsrun::os
