// SPDX-License-Identifier: Apache-2.0
//
// "-p auto" at work: keeps the forwards of a helper in step with what the guest listens on, at most
// rules::kMaxAutoPorts at a time. What a -p rule or the API publishes already is left to it; what
// the API removes stays removed until the guest stops listening there. Belongs to the data plane's
// thread (or to the start-up code before it runs).
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "forward/registry.hh"
#include "rules/auto_publish.hh"
#include "wire/listener.hh"

namespace nsrun::forward {

struct AutoPublishing {
  std::vector<rules::AutoRule> rules;
  rules::NetworkPlan plan;
  bool tcp_loopback = false;  // ports lead to what listens on the guest's loopback only, too
  bool fallback = false;      // another port where one is taken (fallback.hh)
};

class AutoPublisher {
 public:
  struct Report {
    std::function<void(const Entry&)> added;
    std::function<void(int id)> removed;
  };

  // `registry` must outlive it. Reports come in the thread of follow().
  AutoPublisher(Registry& registry, AutoPublishing what, Report report);

  // A helper before this one has published it; it is in the registry again.
  void adopt(const Entry& entry);
  // `listeners`: all that the guest has now.
  void follow(std::span<const wire::Listener> listeners) noexcept;

 private:
  struct Published {
    rules::PortForward wanted;  // before it had to move
    uint16_t host_port = 0;
    int id = 0;
  };

  void keep_in_step(std::span<const wire::Listener> listeners);
  bool is_left_to_others(const rules::PortForward& wanted) const;
  bool is_own(int id) const;
  void remove(const rules::PortForward& wanted);
  // The following take what is wanted of one port: a forward, or one for each family.
  bool has_room_for(const rules::PortForward& wanted);
  // False when somebody has the host's port.
  bool publish(const std::vector<rules::PortForward>& wanted);
  void publish_elsewhere(const std::vector<rules::PortForward>& wanted);
  uint16_t preferred_port(const rules::PortForward& wanted) const;
  void take_over(std::span<const rules::PortForward> wanted);
  size_t port_count() const;
  // Once for each, until it is wanted no more.
  bool may_tell(const rules::PortForward& refused);

  Registry& registry_;
  const std::vector<rules::AutoRule> rules_;
  const rules::AutoReach reach_;
  const bool has_fallback_;
  const Report report_;
  std::vector<Published> published_;
  std::vector<rules::PortForward> told_;
  bool has_told_of_limit_ = false;
};

}  // namespace nsrun::forward
