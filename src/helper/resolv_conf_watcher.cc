// SPDX-License-Identifier: Apache-2.0
#include "helper/resolv_conf_watcher.hh"

#include <chrono>
#include <fstream>
#include <sstream>
#include <utility>

#include "rules/resolv_conf.hh"

namespace nsrun::helper {
namespace {

constexpr base::Duration kInterval = std::chrono::seconds(1);

}  // namespace

std::vector<wire::IpAddress> read_name_servers(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  // Unlike an iterator, this does not throw when it is a directory or the disk fails.
  text << file.rdbuf();
  std::vector<wire::IpAddress> servers = rules::parse_resolv_conf(text.str()).servers;
  if (servers.empty()) servers.push_back(wire::kLoopbackV4);
  return servers;
}

ResolvConfWatcher::ResolvConfWatcher(control::MainContext& context, std::string path,
                                     OnChange on_change)
    : path_(std::move(path)),
      on_change_(std::move(on_change)),
      last_(identify()),
      timer_(context, [this] { look(); }) {
  timer_.set(kInterval);
}

void ResolvConfWatcher::look() {
  timer_.set(kInterval);
  const Identity now = identify();
  if (now == last_) return;
  last_ = now;
  if (now != Identity{}) on_change_(read_name_servers(path_));
}

ResolvConfWatcher::Identity ResolvConfWatcher::identify() const {
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0) return {};
  const int64_t nanoseconds =
      int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + int64_t{status.st_ctim.tv_nsec};
  return {status.st_dev, status.st_ino, status.st_size, nanoseconds};
}

}  // namespace nsrun::helper
