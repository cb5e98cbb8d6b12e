// SPDX-License-Identifier: Apache-2.0
#include "helper/resolv_conf_file.hh"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.hh"
#include "rules/resolv_conf.hh"

namespace nsrun::helper {
namespace {

// resolv.conf(5) knows three servers, and lines of 256 bytes.
constexpr size_t kMostServers = 16;
constexpr size_t kMostBytes = 64 * 1024;

// "" where there is nothing to be read. What is no file (a directory in its place, a pipe that
// nobody writes to) must not stop us either.
std::string read_beginning(const std::string& path) {
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)) return "";
  std::string text(kMostBytes, '\0');
  size_t length = 0;
  ssize_t count = 0;
  while ((count = ::read(file.number(), text.data() + length, text.size() - length)) > 0) {
    length += static_cast<size_t>(count);
  }
  text.resize(length);
  return text;
}

}  // namespace

std::vector<wire::IpAddress> read_name_servers(const std::string& path) {
  std::vector<wire::IpAddress> servers = rules::parse_resolv_conf(read_beginning(path)).servers;
  if (servers.size() > kMostServers) servers.resize(kMostServers);
  if (servers.empty()) servers.push_back(wire::kLoopbackV4);
  return servers;
}

std::optional<std::vector<wire::IpAddress>> ResolvConfFile::look() {
  const Identity now = identify();
  if (now == last_) return std::nullopt;
  last_ = now;
  if (now == Identity{}) return std::nullopt;
  return read();
}

ResolvConfFile::Identity ResolvConfFile::identify() const {
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0) return {};
  const int64_t nanoseconds =
      int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + int64_t{status.st_ctim.tv_nsec};
  return {status.st_dev, status.st_ino, status.st_size, nanoseconds};
}

}  // namespace nsrun::helper
