// SPDX-License-Identifier: Apache-2.0
#include "forward/auto_publisher.hh"

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

#include "base/log.hh"
#include "forward/fallback.hh"

namespace nsrun::forward {
namespace {

using rules::PortForward;

bool is_same_port(const PortForward& a, const PortForward& b) noexcept {
  return a.transport == b.transport && a.guest.port == b.guest.port;
}

bool is_same_family(const PortForward& a, const PortForward& b) noexcept {
  return a.host.address.is_v4() == b.host.address.is_v4();
}

bool contains(std::span<const PortForward> forwards, const PortForward& wanted) noexcept {
  return std::ranges::find(forwards, wanted) != forwards.end();
}

}  // namespace

AutoPublisher::AutoPublisher(Registry& registry, AutoPublishing what, Report report)
    : registry_(registry),
      rules_(std::move(what.rules)),
      reach_{.plan = what.plan, .v6 = registry.has_v6(), .tcp_loopback = what.tcp_loopback},
      has_fallback_(what.fallback),
      report_(std::move(report)) {}

void AutoPublisher::adopt(const Entry& entry) {
  PortForward wanted = entry.asked;
  wanted.host.port = wanted.guest.port;
  published_.push_back({wanted, entry.asked.host.port, entry.id});
}

void AutoPublisher::follow(std::span<const wire::Listener> listeners) noexcept {
  try {
    keep_in_step(listeners);
  } catch (const std::exception& error) {
    base::log::warning("cannot publish what the command listens on: {}", error.what());
  }
}

void AutoPublisher::keep_in_step(std::span<const wire::Listener> listeners) {
  std::vector<PortForward> wanted = rules::auto_forwards(listeners, rules_, reach_);
  std::erase_if(wanted, [&](const PortForward& each) { return is_left_to_others(each); });
  std::erase_if(told_, [&](const PortForward& each) { return !contains(wanted, each); });
  std::vector<PortForward> present;
  for (const Published& each : published_) present.push_back(each.wanted);
  const rules::AutoChange change = rules::auto_change(present, wanted);
  for (const PortForward& each : change.gone) remove(each);
  // Nobody is pushed aside by one that has to move. They are tried again each time, so the guest
  // must not make them many.
  std::vector<std::vector<PortForward>> taken;
  for (const auto& port : change.come) {
    if (taken.size() == rules::kMaxAutoPorts) break;
    if (!publish(port)) taken.push_back(port);
  }
  for (const auto& port : taken) publish_elsewhere(port);
  if (port_count() < rules::kMaxAutoPorts) has_told_of_limit_ = false;
}

bool AutoPublisher::is_left_to_others(const PortForward& wanted) const {
  return std::ranges::any_of(registry_.entries(), [&](const Entry& entry) {
    return is_same_port(entry.asked, wanted) && is_same_family(entry.asked, wanted) &&
           !is_own(entry.id);
  });
}

bool AutoPublisher::is_own(int id) const {
  return std::ranges::find(published_, id, &Published::id) != published_.end();
}

void AutoPublisher::remove(const PortForward& wanted) {
  const auto found = std::ranges::find(published_, wanted, &Published::wanted);
  const int id = found->id;
  published_.erase(found);
  if (registry_.remove(id)) report_.removed(id);
}

bool AutoPublisher::has_room_for(const PortForward& wanted) {
  const bool is_new_port = std::ranges::none_of(
      published_, [&](const Published& each) { return is_same_port(each.wanted, wanted); });
  if (!is_new_port || port_count() < rules::kMaxAutoPorts) return true;
  if (!std::exchange(has_told_of_limit_, true)) {
    base::log::warning("the command listens on more than {} ports: the others are not published",
                       rules::kMaxAutoPorts);
  }
  return false;
}

bool AutoPublisher::publish(const std::vector<PortForward>& wanted) {
  if (!has_room_for(wanted.front())) return true;
  std::vector<PortForward> forwards = wanted;
  for (PortForward& each : forwards) each.host.port = preferred_port(each);
  const auto added = registry_.add_unless_taken(forwards);
  if (!added) {
    if (may_tell(wanted.front())) base::log::warning("cannot publish {}", added.error());
  } else if (*added) {
    take_over(wanted);
  }
  return !added || *added;
}

void AutoPublisher::publish_elsewhere(const std::vector<PortForward>& wanted) {
  const PortForward& first = wanted.front();
  if (!has_fallback_) {
    if (may_tell(first)) {
      base::log::warning(
          "{} is taken on the host: not published (--publish-fallback takes another)",
          port_text(first.transport, first.host.port));
    }
    return;
  }
  if (!has_room_for(first)) return;
  const auto port = add_at_next_free_port(registry_, wanted);
  if (port) {
    take_over(wanted);
    base::log::info("{}", MovedPort{first.transport, first.host.port, *port}.to_string());
  } else if (may_tell(first)) {
    base::log::warning("cannot publish {}", port.error());
  }
}

// Where the other family has moved to.
uint16_t AutoPublisher::preferred_port(const PortForward& wanted) const {
  const auto sibling = std::ranges::find_if(
      published_, [&](const Published& each) { return is_same_port(each.wanted, wanted); });
  return sibling == published_.end() ? wanted.host.port : sibling->host_port;
}

// The registry's last entries are theirs.
void AutoPublisher::take_over(std::span<const PortForward> wanted) {
  const auto& entries = registry_.entries();
  const size_t first = entries.size() - wanted.size();
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Entry& entry = entries[first + i];
    published_.push_back({wanted[i], entry.asked.host.port, entry.id});
    report_.added(entry);
  }
}

size_t AutoPublisher::port_count() const {
  std::set<std::pair<wire::Transport, uint16_t>> ports;
  for (const Published& each : published_) {
    ports.emplace(each.wanted.transport, each.wanted.guest.port);
  }
  return ports.size();
}

bool AutoPublisher::may_tell(const PortForward& refused) {
  if (contains(told_, refused)) return false;
  told_.push_back(refused);
  return true;
}

}  // namespace nsrun::forward
