// SPDX-License-Identifier: Apache-2.0
#include "sandbox/lock_down.hh"

#include <fmt/format.h>

#include "base/error.hh"
#include "base/log.hh"
#include "sandbox/capabilities.hh"
#include "sandbox/empty_root.hh"
#include "sandbox/limits.hh"
#include "sandbox/own_namespaces.hh"
#include "sandbox/system_call_filter.hh"

namespace nsrun::sandbox {

std::vector<Stage> isolation_stages(base::FdView guest_user_namespace) {
  const auto isolate = [guest_user_namespace] {
    enter_own_namespaces(guest_user_namespace);
    enter_empty_root();
  };
  return {{"own namespaces, empty root", isolate, /*may_be_missing=*/true}};
}

std::vector<Stage> renunciation_stages(base::SystemCalls allowed) {
  return {
      {"capabilities", drop_capabilities},
      {"no new privileges", forbid_new_privileges},
      // Changing credentials may make a process dumpable again (credentials(7), commit_creds()).
      {"no inspection", forbid_inspection},
      // The last one: the others make calls that it forbids.
      {"system calls", [allowed] { filter_system_calls(allowed); }},
  };
}

void apply(const std::vector<Stage>& stages) {
  for (const Stage& stage : stages) {
    try {
      stage.apply();
      base::log::debug("lock-down: {}", stage.name);
    } catch (const base::SystemError& error) {
      const std::string reason = fmt::format("lock-down, stage {}: {}", stage.name, error.what());
      if (!stage.may_be_missing) throw base::Failure(reason);
      base::log::warning("{}; going on without it", reason);
    }
  }
}

}  // namespace nsrun::sandbox
