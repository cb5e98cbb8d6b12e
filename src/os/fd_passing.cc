// SPDX-License-Identifier: Apache-2.0
#include "os/fd_passing.hh"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.hh"

namespace nsrun::os {
namespace {

constexpr size_t kMaxMessageBytes = 65536;
constexpr size_t kControlBytes = CMSG_SPACE(sizeof(int) * kMaxPassedFds);

struct alignas(cmsghdr) ControlBuffer {
  std::array<std::byte, kControlBytes> bytes{};
};

// Takes ownership of every descriptor that came along, so that none leaks when a check fails later.
std::vector<base::Fd> take_fds(msghdr& header) {
  std::vector<base::Fd> fds;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(part) + i * sizeof(int), sizeof number);
      fds.emplace_back(number);
    }
  }
  return fds;
}

ssize_t receive_retrying(base::FdView socket, msghdr& header) {
  ssize_t received = 0;
  do {
    received = ::recvmsg(socket.number(), &header, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  return received;
}

void attach_fds(msghdr& header, ControlBuffer& control, std::span<const base::FdView> fds) {
  header.msg_control = control.bytes.data();
  header.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
  cmsghdr* part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
  for (size_t i = 0; i < fds.size(); ++i) {
    const int number = fds[i].number();
    std::memcpy(CMSG_DATA(part) + i * sizeof(int), &number, sizeof number);
  }
}

}  // namespace

std::pair<base::Fd, base::Fd> make_seqpacket_pair() {
  int numbers[2];
  base::check("create a socket pair",
              ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, numbers));
  return {base::Fd(numbers[0]), base::Fd(numbers[1])};
}

ucred peer_of(base::FdView socket) {
  ucred theirs{};
  socklen_t size = sizeof theirs;
  base::check("look at the peer of a socket",
              ::getsockopt(socket.number(), SOL_SOCKET, SO_PEERCRED, &theirs, &size));
  return theirs;
}

void send_message(base::FdView socket, base::Bytes bytes, std::span<const base::FdView> fds) {
  NSRUN_CHECK(fds.size() <= kMaxPassedFds);
  iovec vector{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  ControlBuffer control;
  if (!fds.empty()) attach_fds(header, control, fds);
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket.number(), &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  base::check("send a message", sent);
}

bool try_send_message(base::FdView socket, base::Bytes bytes) {
  ssize_t sent = 0;
  do {
    sent = ::send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && errno == EAGAIN) return false;
  base::check("send a message", sent);
  return true;
}

std::optional<Message> receive_message(base::FdView socket) {
  std::array<std::byte, kMaxMessageBytes> bytes;
  iovec vector{bytes.data(), bytes.size()};
  ControlBuffer control;
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();

  const ssize_t received = receive_retrying(socket, header);
  // The other side ended with messages of ours unread.
  if (received < 0 && errno == ECONNRESET) return std::nullopt;
  base::check("receive a message", received);
  Message message{.bytes = {}, .fds = take_fds(header)};
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    base::throw_errno("receive a whole message", EMSGSIZE);
  }
  if (received == 0 && message.fds.empty()) return std::nullopt;
  message.bytes.assign(bytes.begin(), bytes.begin() + received);
  return message;
}

}  // namespace nsrun::os
