// SPDX-License-Identifier: Apache-2.0
#include "control/path_socket.hh"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "base/error.hh"

namespace nsrun::control {
namespace {

constexpr int kBacklog = 64;

base::Fd new_socket() {
  return base::Fd(base::check("create the API socket",
                              socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
}

sockaddr_un to_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty()) throw base::Failure("the path of the API socket is empty");
  if (path.size() >= sizeof address.sun_path) {
    throw base::Failure(fmt::format("the path of the API socket is too long: {} bytes, at most {}",
                                    path.size(), sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// A socket of this user that nobody listens on.
bool is_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode) ||
      status.st_uid != geteuid()) {
    return false;
  }
  const base::Fd probe = new_socket();
  return connect(probe.number(), generic(address), sizeof address) != 0 && errno == ECONNREFUSED;
}

void bind_to(base::FdView socket, const std::string& path, const sockaddr_un& address) {
  // The kernel takes the new file's mode from the socket's own inode: no moment with another mode,
  // and no umask changed.
  base::check("set the mode of the API socket", fchmod(socket.number(), 0600));
  if (bind(socket.number(), generic(address), sizeof address) == 0) return;
  const int error_number = errno;
  if (error_number == EADDRINUSE && is_stale(path, address)) {
    base::check("remove the stale API socket " + path, unlink(path.c_str()));
    base::check("create the API socket " + path,
                bind(socket.number(), generic(address), sizeof address));
    return;
  }
  if (error_number == EADDRINUSE) {
    throw base::Failure(
        fmt::format("create the API socket {}: the path exists and is not the stale socket of an "
                    "earlier run of this user; remove it or choose another path",
                    path));
  }
  base::throw_errno("create the API socket " + path, error_number);
}

}  // namespace

PathSocket::PathSocket(std::string path) {
  const sockaddr_un address = to_address(path);
  socket_ = new_socket();
  bind_to(socket_, path, address);
  struct stat status {};
  base::check("look at the API socket " + path, lstat(path.c_str(), &status));
  base::check("listen on the API socket " + path, listen(socket_.number(), kBacklog));
  file_ = {std::move(path), status.st_dev, status.st_ino};
}

PathSocket::~PathSocket() { file_.remove(); }

}  // namespace nsrun::control
