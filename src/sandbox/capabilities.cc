// SPDX-License-Identifier: Apache-2.0
#include "sandbox/capabilities.hh"

#include <memory>

#include "base/error.hh"

namespace nsrun::sandbox {
namespace {

struct FreeCapabilities {
  void operator()(cap_t capabilities) const noexcept { cap_free(capabilities); }
};
using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, FreeCapabilities>;

Capabilities current() {
  Capabilities capabilities(cap_get_proc());
  if (!capabilities) base::throw_errno("read the capabilities");
  return capabilities;
}

bool has(const Capabilities& capabilities, cap_value_t which, cap_flag_t set) {
  cap_flag_value_t value = CAP_CLEAR;
  base::check("look at a capability", cap_get_flag(capabilities.get(), which, set, &value));
  return value == CAP_SET;
}

// cap_get_bound() fails behind the last capability that the kernel knows.
void drop_bounding_set(std::optional<cap_value_t> kept) {
  for (cap_value_t which = 0; cap_get_bound(which) >= 0; ++which) {
    if (which == kept) continue;
    base::check("drop a capability from the bounding set", cap_drop_bound(which));
  }
}

void set_to(std::optional<cap_value_t> kept) {
  const Capabilities wanted(cap_init());
  if (!wanted) base::throw_errno("prepare the capabilities");
  if (kept) {
    for (const cap_flag_t set : {CAP_PERMITTED, CAP_EFFECTIVE}) {
      base::check("prepare the capabilities", cap_set_flag(wanted.get(), set, 1, &*kept, CAP_SET));
    }
  }
  base::check("drop the capabilities", cap_set_proc(wanted.get()));
}

}  // namespace

void drop_capabilities(std::optional<cap_value_t> kept) {
  if (kept && !has(current(), *kept, CAP_PERMITTED)) kept.reset();
  // An unprivileged process may not change its bounding set. It cannot gain from it either: the
  // next stage is no-new-privs.
  if (holds_capability(CAP_SETPCAP)) drop_bounding_set(kept);
  base::check("clear the ambient capabilities", cap_reset_ambient());
  set_to(kept);
}

bool holds_capability(cap_value_t which) { return has(current(), which, CAP_EFFECTIVE); }

}  // namespace nsrun::sandbox
