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

// No system call more, and no other network than the own one, as /sys might show.
uint32_t interface_towards(const rules::NameServer& server) {
  if (server.zone.empty() || !server.address.is_link_local_v6()) return 0;
  return rules::interface_of_zone(server.zone, os::text_or_nothing("/proc/self/net/if_inet6"));
}

}  // namespace

std::vector<dns::Upstream> read_name_servers(const std::string& path) {
  std::vector<rules::NameServer> named =
      rules::parse_resolv_conf(os::text_or_nothing(path, kMostBytes)).servers;
  if (named.size() > kMostServers) named.resize(kMostServers);
  std::vector<dns::Upstream> servers;
  for (const rules::NameServer& server : named) {
    servers.push_back({server.address, interface_towards(server)});
  }
  if (servers.empty()) servers.push_back({wire::kLoopbackV4});
  return servers;
}

std::optional<std::vector<dns::Upstream>> ResolvConfFile::look() {
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
