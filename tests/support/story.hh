// SPDX-License-Identifier: Apache-2.0
//
// The steps of a scenario as they happen, in virtual time. The first thing that goes wrong is a
// failure of the test that prints the story so far; what is told after it is mute.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/time.hh"

namespace nsrun::test {

class Story {
 public:
  explicit Story(base::Time start) : start_(start) {}

  bool has_failed() const noexcept { return has_failed_; }

  // False once something went wrong: the step is not to be taken. `line`: 0 for what no line of
  // the test says.
  bool tell(const std::string& step, int line, base::Time now) {
    if (has_failed_) return false;
    const std::chrono::duration<double> since_start = now - start_;
    steps_.push_back(fmt::format("{:3}. {:9.3f}s  {}{}", steps_.size() + 1, since_start.count(),
                                 step, line > 0 ? fmt::format("   (line {})", line) : ""));
    return true;
  }

  void fail(const std::string& reason) {
    if (has_failed_) return;
    has_failed_ = true;
    std::string text = "The story so far:\n";
    for (const std::string& step : steps_) text += step + "\n";
    ADD_FAILURE() << text << "     FAILED: " << reason;
  }

 private:
  base::Time start_;
  std::vector<std::string> steps_;
  bool has_failed_ = false;
};

}  // namespace nsrun::test
