// SPDX-License-Identifier: Apache-2.0
#include "sandbox/lock_down.hh"

#include <fmt/format.h>

#include <exception>
#include <memory>

#include "base/error.hh"
#include "base/log.hh"
#include "sandbox/capabilities.hh"
#include "sandbox/empty_root.hh"
#include "sandbox/limits.hh"
#include "sandbox/own_namespaces.hh"
#include "sandbox/system_call_filter.hh"

namespace nsrun::sandbox {

namespace {

// `separate` makes a mount namespace, or throws.
std::vector<Stage> isolation_by(const std::function<void()>& separate) {
  // Without one nothing may be mounted: everybody would see it.
  const auto mounts = std::make_shared<Mounts>(Mounts::kShared);
  const auto have_own_mounts = [separate, mounts] {
    separate();
    *mounts = Mounts::kOwn;
  };
  return {
      // First: a user namespace of its own gives the rights that the next stage needs to somebody
      // who has none, and takes those over everything outside of it.
      {"own namespaces", have_own_mounts, /*may_be_forbidden=*/true},
      // Files are a way to passwords, programs, devices, other processes (/proc) and the path
      // sockets of other programs. Needs the mount namespace, and capabilities in it.
      {"empty root", [mounts] { enter_empty_root(*mounts); }, /*may_be_forbidden=*/true},
  };
}

}  // namespace

std::vector<Stage> isolation_stages(base::FdView guest_user_namespace) {
  return isolation_by([guest_user_namespace] { enter_own_namespaces(guest_user_namespace); });
}

std::vector<Stage> isolation_stages_of_the_guest() {
  return isolation_by(make_own_namespaces_but_user);
}

std::vector<Stage> renunciation_stages(base::SystemCalls allowed, std::optional<cap_value_t> kept) {
  return {
      // What is above needed them, what follows does not: they would allow packet sockets, mounts,
      // and to leave the namespaces again.
      {"capabilities", [kept] { drop_capabilities(kept); }},
      // Otherwise an exec gives them back; and without capabilities a filter needs it.
      {"no new privileges", forbid_new_privileges},
      // Other processes of the same user, the guest among them, could have what we hold. Changing
      // credentials may make a process dumpable again (credentials(7), commit_creds()): after both.
      {"no inspection", forbid_inspection},
      // The guest decides how much we hold for it. The filter keeps the limits from being changed.
      {"limits", limit_memory},
      // The last one: the others make calls that it forbids. What is left of the kernel is what
      // the declared calls reach.
      {"system calls", [allowed] { filter_system_calls(allowed); }, /*may_be_forbidden=*/true},
  };
}

std::vector<std::string> apply_stages(const std::vector<Stage>& stages, Missing missing) {
  std::vector<std::string> left_out;
  for (const Stage& stage : stages) {
    try {
      stage.apply();
      base::log::debug("lock-down: {}", stage.name);
    } catch (const std::exception& error) {
      std::string reason = fmt::format("{} ({})", stage.name, error.what());
      if (!stage.may_be_forbidden || missing == Missing::kIsAnError) {
        throw base::Failure(fmt::format(
            "lock-down, stage {}: {}{}", stage.name, error.what(),
            stage.may_be_forbidden ? " (--no-sandbox goes on without what the host forbids)" : ""));
      }
      left_out.push_back(std::move(reason));
    }
  }
  return left_out;
}

}  // namespace nsrun::sandbox
