// SPDX-License-Identifier: Apache-2.0
#include "ctl/guest_processes.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "os/text_file.hh"
#include "rules/text.hh"

namespace nsrun::ctl {
namespace {

namespace fs = std::filesystem;

struct Table {
  const char* protocol;
  const char* file;
};
constexpr Table kTables[] = {{"tcp", "tcp"},  {"tcp", "tcp6"},  {"udp", "udp"},
                             {"udp", "udp6"}, {"ping", "icmp"}, {"ping", "icmp6"}};

template <typename Integer>
std::optional<Integer> parse_decimal(std::string_view digits) {
  Integer value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// The names in a folder of /proc that are numbers.
std::vector<pid_t> numbers_in(const std::string& folder) {
  std::vector<pid_t> numbers;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (const auto number = parse_decimal<pid_t>(entry->path().filename().string())) {
      numbers.push_back(*number);
    }
  }
  std::ranges::sort(numbers);
  return numbers;
}

// "" when it may not be read.
std::string target_of(const std::string& link) {
  std::error_code error;
  return fs::read_symlink(link, error).string();
}

std::string name_of(pid_t pid) {
  std::string name = os::text_or_nothing(fmt::format("/proc/{}/comm", pid));
  while (name.ends_with('\n')) name.pop_back();
  return name;
}

// How far below `ancestor`; nullopt: not below it at all.
std::optional<int> depth_below(pid_t ancestor, pid_t pid) {
  constexpr int kMostGenerations = 1000;  // processes come and go while they are looked at
  for (int depth = 0; depth < kMostGenerations && pid > 0; ++depth) {
    if (pid == ancestor) return depth;
    pid = parent_of(pid);
  }
  return std::nullopt;
}

// "socket:[4711]"
uint64_t socket_inode(const std::string& target) {
  constexpr std::string_view kPrefix = "socket:[";
  if (!target.starts_with(kPrefix) || !target.ends_with(']')) return 0;
  const std::string_view digits = target;
  return parse_decimal<uint64_t>(digits.substr(kPrefix.size(), digits.size() - kPrefix.size() - 1))
      .value_or(0);
}

}  // namespace

pid_t parent_of(pid_t pid) {
  // The name, the second field, may hold any byte; the parent is the fourth.
  const std::string text = os::text_or_nothing(fmt::format("/proc/{}/stat", pid));
  const auto fields = rules::split_words(std::string_view(text).substr(text.rfind(')') + 1));
  return fields.size() > 1 ? parse_decimal<pid_t>(fields[1]).value_or(-1) : -1;
}

std::vector<pid_t> guest_processes(pid_t launcher) {
  const std::string own = target_of("/proc/self/ns/net");
  std::map<std::string, std::vector<pid_t>> by_network;
  std::optional<int> least_depth;
  std::string guest_network;
  for (const pid_t pid : numbers_in("/proc")) {
    const std::string network = target_of(fmt::format("/proc/{}/ns/net", pid));
    if (network.empty() || network == own) continue;
    by_network[network].push_back(pid);
    const auto depth = depth_below(launcher, pid);
    if (!depth || (least_depth && *depth >= *least_depth)) continue;
    least_depth = depth;
    guest_network = network;
  }
  return by_network[guest_network];
}

void SocketIndex::add(std::string_view protocol, const std::vector<rules::ProcSocket>& sockets) {
  for (const rules::ProcSocket& socket : sockets) {
    if (socket.inode == 0) continue;
    inodes_.try_emplace({std::string(protocol), socket.own, socket.other}, socket.inode);
  }
}

uint64_t SocketIndex::inode_of(std::string_view protocol, const wire::Endpoint& guest,
                               const wire::Endpoint& remote) const {
  const auto with_any = [](const wire::Endpoint& endpoint, uint16_t port) {
    std::vector<wire::Endpoint> forms{endpoint, {wire::kAnyV6, port}};
    if (endpoint.address.is_v4()) forms.push_back({wire::kAnyV4, port});
    return forms;
  };
  for (const wire::Endpoint& other : with_any(remote, 0)) {
    for (const wire::Endpoint& own : with_any(guest, guest.port)) {
      const auto found = inodes_.find({std::string(protocol), own, other});
      if (found != inodes_.end()) return found->second;
    }
  }
  return 0;
}

SocketOwners::SocketOwners(const std::vector<pid_t>& processes) {
  if (processes.empty()) return;
  for (const Table& table : kTables) {
    const auto path = fmt::format("/proc/{}/net/{}", processes.front(), table.file);
    index_.add(table.protocol, rules::parse_proc_sockets(os::text_or_nothing(path)));
  }
  for (const pid_t pid : processes) {
    const GuestProcess process{pid, name_of(pid)};
    const std::string folder = fmt::format("/proc/{}/fd", pid);
    for (const int number : numbers_in(folder)) {
      const uint64_t inode = socket_inode(target_of(fmt::format("{}/{}", folder, number)));
      if (inode != 0) by_inode_.try_emplace(inode, process);
    }
  }
}

std::optional<GuestProcess> SocketOwners::find(std::string_view protocol,
                                               const wire::Endpoint& guest,
                                               const wire::Endpoint& remote) const {
  const auto found = by_inode_.find(index_.inode_of(protocol, guest, remote));
  if (found == by_inode_.end()) return std::nullopt;
  return found->second;
}

}  // namespace nsrun::ctl
