// SPDX-License-Identifier: Apache-2.0
#include "control/path_socket.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/error.hh"
#include "base/time.hh"
#include "base/unix_address.hh"

namespace nsrun::control {
namespace {

constexpr int kBacklog = 64;

// An instance that ends may listen for a moment still when an engine starts the next one.
constexpr base::Duration kPatience = std::chrono::seconds(2);
constexpr base::Duration kInterval = std::chrono::milliseconds(10);

// The socket that is to be made.
struct Kind {
  int type;
  const char* name;
};

base::Fd new_socket(const Kind& kind) {
  return base::Fd(base::check(fmt::format("create the {}", kind.name),
                              socket(AF_UNIX, kind.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
}

base::UnixAddress to_address(const Kind& kind, const std::string& path) {
  const auto address = base::UnixAddress::of_path(path);
  if (address) return *address;
  throw base::Failure(fmt::format("the path of the {} has {} bytes; 1 to {} are possible",
                                  kind.name, path.size(), base::UnixAddress::kMaxPathBytes));
}

// A socket of this user; it may vanish at any time, when what follows a dead helper removes it.
bool is_ours_or_gone(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return errno == ENOENT;
  return S_ISSOCK(status.st_mode) && status.st_uid == geteuid();
}

// That nobody listens on, now or in a moment.
bool is_stale(const Kind& kind, const std::string& path, const base::UnixAddress& address) {
  const base::Time latest = base::now() + kPatience;
  while (is_ours_or_gone(path)) {
    const base::Fd probe = new_socket(kind);
    if (connect(probe.number(), address.get(), address.length()) != 0) {
      return errno == ECONNREFUSED || errno == ENOENT;
    }
    const base::Duration left = latest - base::now();
    if (left <= base::Duration::zero()) break;
    pollfd end{probe.number(), POLLIN, 0};
    poll(&end, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
    std::this_thread::sleep_for(kInterval);  // it may let each of us go at once
  }
  return false;
}

void bind_to(base::FdView socket, const Kind& kind, const std::string& path,
             const base::UnixAddress& address) {
  const std::string attempted = fmt::format("create the {} {}", kind.name, path);
  // The kernel takes the new file's mode from the socket's own inode: no moment with another mode,
  // and no umask changed.
  base::check(attempted, fchmod(socket.number(), 0600));
  if (bind(socket.number(), address.get(), address.length()) == 0) return;
  const int error_number = errno;
  if (error_number == EADDRINUSE && is_stale(kind, path, address)) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) {
      base::throw_errno(fmt::format("remove the stale {} {}", kind.name, path));
    }
    base::check(attempted, bind(socket.number(), address.get(), address.length()));
    return;
  }
  if (error_number == EADDRINUSE) {
    throw base::Failure(
        fmt::format("{}: the path exists and is not the stale socket of an earlier run of this "
                    "user; remove it or choose another path",
                    attempted));
  }
  base::throw_errno(attempted, error_number);
}

}  // namespace

PathSocket::PathSocket(const std::string& path, int type, const char* name) {
  const Kind kind{type, name};
  const base::UnixAddress address = to_address(kind, path);
  socket_ = new_socket(kind);
  bind_to(socket_, kind, path, address);
  try {
    struct stat status {};
    base::check(fmt::format("look at the {} {}", name, path), lstat(path.c_str(), &status));
    base::check(fmt::format("listen on the {} {}", name, path), listen(socket_.number(), kBacklog));
    file_ = {path, status.st_dev, status.st_ino};
  } catch (...) {
    unlink(path.c_str());  // made a moment ago; no destructor will do it
    throw;
  }
}

PathSocket::~PathSocket() { file_.remove(); }

}  // namespace nsrun::control
