// SPDX-License-Identifier: Apache-2.0
#include "forward/registry.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <utility>

#include "base/error.hh"
#include "base/fd.hh"

namespace nsrun::forward {
namespace {

// A host without IPv6 has no such sockets, or no address to bind them to.
bool host_has_v6() noexcept {
  const base::Fd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  return socket.is_open() &&
         ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
}

// The reason, and what can be done about it.
std::string explain(const rules::PortForward& forward, const std::string& reason) {
  const bool is_tcp = forward.transport == wire::Transport::kTcp;
  std::string text = fmt::format("{} port {}: {}", is_tcp ? "TCP" : "UDP", forward.host, reason);
  if (reason == base::error_text(EACCES)) {
    const int higher = std::min(8000 + forward.host.port, int{UINT16_MAX});
    text += fmt::format(
        " (port {0} is privileged; {1}:{2} would do, or \"sysctl "
        "net.ipv4.ip_unprivileged_port_start={0}\" by root)",
        forward.host.port, higher, forward.guest.port);
  } else if (reason == base::error_text(EMFILE)) {
    text +=
        " (each port takes a descriptor; \"ulimit -n\" raises the limit, only root the hard one)";
  }
  return text;
}

std::vector<rules::PortRule> single_ports(const std::vector<rules::PortRule>& rules) {
  std::vector<rules::PortRule> ports;
  for (rules::PortRule port : rules) {
    for (uint16_t left = std::exchange(port.count, uint16_t{1}); left > 0; --left) {
      ports.push_back(port);
      ++port.host_first;
      ++port.guest_first;
    }
  }
  return ports;
}

// The guest's address is filled in by then.
bool is_from(const rules::PortForward& added, const rules::PortForward& asked) noexcept {
  return added.transport == asked.transport && added.host == asked.host &&
         added.guest.port == asked.guest.port;
}

}  // namespace

base::Result<int> Registry::add(const rules::PortForward& forward, base::Fd socket) {
  return restore(last_id_ + 1, forward, std::move(socket));
}

base::Result<int> Registry::restore(int id, const rules::PortForward& forward, base::Fd socket) {
  auto added = data_plane_.add_forward(forward, std::move(socket));
  if (!added) return base::Error{explain(forward, added.error())};
  entries_.push_back({.id = id, .forward = *added, .asked = forward});
  skip_ids(id);
  return id;
}

base::Result<std::vector<Entry>> Registry::add(const std::vector<rules::PortRule>& rules) {
  const size_t first_new = entries_.size();
  for (const rules::PortRule& rule : rules) {
    for (const rules::PortForward& forward : forwards_of(rule)) {
      auto id = add(forward);
      if (id) continue;
      remove_from(first_new);
      return base::Error{id.error()};
    }
  }
  return std::vector<Entry>(entries_.begin() + static_cast<ptrdiff_t>(first_new), entries_.end());
}

std::vector<rules::PortForward> Registry::forwards_of(const rules::PortRule& rule) const {
  return rule.expand(has_v6());
}

bool Registry::has_v6() const noexcept { return data_plane_.has_v6() && host_has_v6(); }

base::Result<bool> Registry::add_unless_taken(const std::vector<rules::PortForward>& forwards) {
  const size_t first_new = entries_.size();
  for (const rules::PortForward& forward : forwards) {
    auto added = data_plane_.add_forward(forward);
    if (added) {
      skip_ids(last_id_ + 1);
      entries_.push_back({.id = last_id_, .forward = *added, .asked = forward});
      continue;
    }
    remove_from(first_new);
    if (added.error() == base::error_text(EADDRINUSE)) return false;
    return base::Error{explain(forward, added.error())};
  }
  return true;
}

void Registry::remove_from(size_t first) {
  while (entries_.size() > first) remove(entries_.back().id);
}

bool Registry::remove(int id) {
  const auto entry = std::ranges::find(entries_, id, &Entry::id);
  if (entry == entries_.end()) return false;
  data_plane_.remove_forward(entry->forward);
  entries_.erase(entry);
  return true;
}

base::Result<std::vector<Entry>> Registry::remove(const std::vector<rules::PortRule>& rules) {
  std::map<int, Entry> found;
  for (const rules::PortRule& port : single_ports(rules)) {
    bool is_published = false;
    for (const rules::PortForward& forward : port.expand(/*with_v6=*/true)) {
      const auto entry = std::ranges::find_if(
          entries_, [&](const Entry& each) { return is_from(each.forward, forward); });
      if (entry == entries_.end()) continue;
      found.emplace(entry->id, *entry);
      is_published = true;
    }
    if (!is_published) {
      return base::Error{fmt::format("{} is not published; {}", port.to_string(), short_list())};
    }
  }
  std::vector<Entry> removed;
  for (const auto& [id, entry] : found) {
    removed.push_back(entry);
    remove(id);
  }
  return removed;
}

// Of what there is, for people.
std::string Registry::short_list() const {
  if (entries_.empty()) return "nothing is";
  constexpr size_t kMostShown = 8;
  const size_t count = std::min(entries_.size(), kMostShown);
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) texts.push_back(entries_[i].forward.to_string());
  const size_t left = entries_.size() - count;
  return fmt::format("published: {}{}", fmt::join(texts, ", "),
                     left == 0 ? "" : fmt::format(", and {} more", left));
}

}  // namespace nsrun::forward
