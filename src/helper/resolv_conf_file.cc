// SPDX-License-Identifier: Apache-2.0
#include "helper/resolv_conf_file.hh"

#include <sys/stat.h>

#include "os/text_file.hh"
#include "rules/resolv_conf.hh"

namespace nsrun::helper {
namespace {

// resolv.conf(5) knows three servers, and lines of 256 bytes.
constexpr size_t kMostServers = 16;
constexpr size_t kMostBytes = 64 * 1024;

}  // namespace

std::vector<wire::IpAddress> read_name_servers(const std::string& path) {
  std::vector<wire::IpAddress> servers =
      rules::parse_resolv_conf(os::text_or_nothing(path, kMostBytes)).servers;
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
