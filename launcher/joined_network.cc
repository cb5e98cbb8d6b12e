// SPDX-License-Identifier: Apache-2.0
#include "launcher/joined_network.hh"

#include <fcntl.h>
#include <fmt/format.h>

#include <utility>

#include "base/error.hh"
#include "launcher/guest_network.hh"
#include "os/answer_from_child.hh"
#include "os/process.hh"
#include "os/text_file.hh"

namespace nsrun::launcher {
namespace {

// What `open` opens there.
template <typename Open>
std::vector<base::Fd> fds_from(const JoinTarget& target, const Open& open) {
  return os::answer_from_child([&](base::Fd&) {
           // Inside, the namespace's root could trace us, who still see the host's files.
           os::set_non_dumpable();
           target.enter();
           return os::Message{{}, open()};
         })
      .fds;
}

}  // namespace

os::Tap open_joined_tap(const JoinTarget& target, const Options& options) {
  auto fds = fds_from(target, [&] {
    std::vector<base::Fd> made;
    made.push_back(join_guest_network(options).fd);
    return made;
  });
  return os::adopt_tap(std::move(fds.front()));
}

std::vector<std::string> tcp_tables_of(const JoinTarget& target) {
  const auto fds = fds_from(target, [] {
    std::vector<base::Fd> files;
    for (const char* table : {"tcp", "tcp6"}) {
      const std::string path = fmt::format("/proc/thread-self/net/{}", table);
      files.emplace_back(
          base::check(fmt::format("open {}", path), ::open(path.c_str(), O_RDONLY | O_CLOEXEC)));
    }
    return files;
  });
  std::vector<std::string> tables;
  for (const base::Fd& file : fds) {
    tables.push_back(os::text_or_nothing(fmt::format("/proc/self/fd/{}", file.number())));
  }
  return tables;
}

}  // namespace nsrun::launcher
