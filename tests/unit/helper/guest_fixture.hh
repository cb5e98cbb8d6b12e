// SPDX-License-Identifier: Apache-2.0
//
// A guest without a command: a sleeping process in a user and a network namespace of its own, and
// the options that lead the helper there.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <optional>

#include "base/error.hh"
#include "helper/options.hh"
#include "os/process.hh"

namespace nsrun::helper {

class GuestTest : public testing::Test {
 protected:
  void SetUp() override {
    if (access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/net/tun is not accessible";
    try {
      guest_.emplace(os::Child::start([] { return pause(); }, CLONE_NEWUSER | CLONE_NEWNET));
    } catch (const base::SystemError& error) {
      GTEST_SKIP() << "no user namespace: " << error.what();
    }
    options_.target = TargetProcess{guest_->pid()};
    options_.plan = *rules::make_network_plan(rules::kDefaultCidr, rules::kDefaultCidr6);
  }

  std::optional<os::Child> guest_;
  Options options_;
};

}  // namespace nsrun::helper
