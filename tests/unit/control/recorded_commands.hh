// SPDX-License-Identifier: Apache-2.0
//
// Commands that remember what they were asked and answer at once, or when the test says so.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/commands.hh"

namespace nsrun::control {

class RecordedCommands final : public Commands {
 public:
  void add_forward(const rules::PortForward& forward, Done<base::Result<int>> done) override {
    added.push_back(forward);
    if (holds_answers) {
      held.push_back(std::move(done));
    } else if (refusal) {
      done(base::Error{*refusal});
    } else {
      done(static_cast<int>(added.size()));
    }
  }
  void remove_forward(int id, Done<bool> done) override {
    done(id <= static_cast<int>(added.size()));
  }
  void list_forwards(Done<std::vector<ForwardEntry>> done) override {
    std::vector<ForwardEntry> entries;
    for (const rules::PortForward& forward : added) {
      entries.push_back({static_cast<int>(entries.size()) + 1, forward});
    }
    done(entries);
  }
  void publish(const std::vector<rules::PortRule>& rules, Done<ListedForwards> done) override {
    if (refusal) return done(base::Error{*refusal});
    std::vector<ForwardEntry> entries;
    for (const rules::PortRule& rule : rules) {
      for (const rules::PortForward& forward : rule.expand(/*with_v6=*/true)) {
        added.push_back(forward);
        entries.push_back({static_cast<int>(added.size()), forward});
      }
    }
    done(std::move(entries));
  }
  void unpublish(const std::vector<rules::PortRule>& rules, Done<ListedForwards> done) override {
    if (refusal) return done(base::Error{*refusal});
    unpublished = rules;
    std::vector<ForwardEntry> entries;
    for (const rules::PortForward& forward : std::exchange(added, {})) {
      entries.push_back({static_cast<int>(entries.size()) + 1, forward});
    }
    done(std::move(entries));
  }
  void read_counters(Done<base::Counters> done) override {
    base::Counters counters;
    counters.add(base::Counter::kDnsQueries, 7);
    done(counters);
  }
  void list_flows(uint32_t from, Done<ListedFlows> done) override {
    done({{.flows = {}, .next = from + 1}, /*denied=*/3});
  }
  void start_capture(const rules::CaptureFilter& filter, base::Fd client) override {
    captured.push_back(filter);
    readers.push_back(std::move(client));
  }
  InstanceInfo info() const override { return {{"web", 1'700'000'000, "sleep 1"}, 4711}; }

  std::vector<rules::PortForward> added;
  std::vector<rules::PortRule> unpublished;
  std::vector<rules::CaptureFilter> captured;
  std::vector<base::Fd> readers;
  std::optional<std::string> refusal;
  bool holds_answers = false;
  std::vector<Done<base::Result<int>>> held;
};

}  // namespace nsrun::control
