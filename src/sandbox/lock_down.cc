// SPDX-License-Identifier: Apache-2.0
#include "sandbox/lock_down.hh"

#include <fmt/format.h>

#include "base/error.hh"
#include "base/log.hh"
#include "sandbox/capabilities.hh"
#include "sandbox/limits.hh"

namespace nsrun::sandbox {
namespace {

constexpr Stage kStages[] = {
    {"capabilities", drop_capabilities},
    {"no new privileges", forbid_new_privileges},
    {"no inspection", forbid_inspection},
};

}  // namespace

std::span<const Stage> stages() noexcept { return kStages; }

void lock_down() {
  for (const Stage& stage : stages()) {
    try {
      stage.apply();
    } catch (const base::SystemError& error) {
      throw base::Failure(fmt::format("lock-down, stage {}: {}", stage.name, error.what()));
    }
    base::log::debug("lock-down: {}", stage.name);
  }
}

}  // namespace nsrun::sandbox
