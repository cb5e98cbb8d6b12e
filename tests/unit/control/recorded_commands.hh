// SPDX-License-Identifier: Apache-2.0
//
// Commands that remember what they were asked and answer at once, or when the test says so.
#pragma once

#include <optional>
#include <string>
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

  std::vector<rules::PortForward> added;
  std::optional<std::string> refusal;
  bool holds_answers = false;
  std::vector<Done<base::Result<int>>> held;
};

}  // namespace nsrun::control
