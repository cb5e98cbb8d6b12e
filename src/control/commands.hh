// SPDX-License-Identifier: Apache-2.0
//
// What the API socket can ask for. The helper implements it over the data plane; tests record it.
// Every call returns at once; `done` is called later (or before the call returns) from the main
// context's thread, exactly once.
#pragma once

#include <functional>
#include <vector>

#include "base/counters.hh"
#include "base/fd.hh"
#include "base/result.hh"
#include "control/message.hh"
#include "rules/port_rule.hh"

namespace nsrun::control {

class Commands {
 public:
  template <typename T>
  using Done = std::function<void(T)>;
  using ListedForwards = base::Result<std::vector<ForwardEntry>>;

  virtual ~Commands() = default;

  // The forward's id, or why it could not be published.
  virtual void add_forward(const rules::PortForward& forward, Done<base::Result<int>> done) = 0;
  // False when no forward has this id.
  virtual void remove_forward(int id, Done<bool> done) = 0;
  virtual void list_forwards(Done<std::vector<ForwardEntry>> done) = 0;
  // All forwards of all rules or none, and which.
  virtual void publish(const std::vector<rules::PortRule>& rules, Done<ListedForwards> done) = 0;
  // Ends them: all or none.
  virtual void unpublish(const std::vector<rules::PortRule>& rules, Done<ListedForwards> done) = 0;
  virtual void read_counters(Done<base::Counters> done) = 0;
  // A page of flows from `from` on, and what the policy has denied so far.
  virtual void list_flows(uint32_t from, Done<ListedFlows> done) = 0;
  // Answers the client itself, by format_capturing() or an error, and sends it what is captured.
  virtual void start_capture(const rules::CaptureFilter& filter, base::Fd client) = 0;
  // At once: it never changes.
  virtual InstanceInfo info() const = 0;
};

}  // namespace nsrun::control
