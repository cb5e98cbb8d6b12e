// SPDX-License-Identifier: Apache-2.0
#include "sandbox/capability_set.hh"

#include <linux/securebits.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>

#include "base/error.hh"

namespace nsrun::sandbox {
namespace {

char to_lower(char letter) noexcept {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

CapabilitySet only(cap_value_t which) noexcept { return CapabilitySet{1} << which; }

// cap_get_bound() fails behind the last capability that the kernel knows.
bool is_known(cap_value_t which) noexcept { return cap_get_bound(which) >= 0; }

// `sets` hold `kept`, the others of the three nothing.
void set_capabilities(CapabilitySet kept, std::initializer_list<cap_flag_t> sets) {
  const std::unique_ptr<std::remove_pointer_t<cap_t>, decltype(&cap_free)> wanted(cap_init(),
                                                                                  &cap_free);
  if (!wanted) base::throw_errno("prepare the capabilities");
  for (cap_value_t which = 0; is_known(which); ++which) {
    if ((kept & only(which)) == 0) continue;
    for (const cap_flag_t set : sets) {
      base::check("prepare the capabilities", cap_set_flag(wanted.get(), set, 1, &which, CAP_SET));
    }
  }
  base::check("set the capabilities", cap_set_proc(wanted.get()));
}

}  // namespace

std::optional<CapabilitySet> capability_named(std::string_view name) {
  std::string full(name);
  std::ranges::transform(full, full.begin(), to_lower);
  if (!full.starts_with("cap_")) full.insert(0, "cap_");
  cap_value_t which = 0;
  if (cap_from_name(full.c_str(), &which) != 0) return std::nullopt;
  return only(which);
}

void limit_bounding_set(CapabilitySet kept) {
  for (cap_value_t which = 0; is_known(which); ++which) {
    if ((kept & only(which)) != 0) continue;
    base::check("drop a capability from the bounding set", cap_drop_bound(which));
  }
}

void hold_capabilities(CapabilitySet kept) {
  base::check("clear the ambient capabilities", cap_reset_ambient());
  set_capabilities(kept, {CAP_PERMITTED, CAP_EFFECTIVE});
}

void keep_capabilities_over_exec(CapabilitySet kept) {
  set_capabilities(kept, {CAP_PERMITTED, CAP_EFFECTIVE, CAP_INHERITABLE});
  for (cap_value_t which = 0; is_known(which); ++which) {
    if ((kept & only(which)) == 0) continue;
    base::check("keep a capability over an exec", cap_set_ambient(which, CAP_SET));
  }
}

void make_root_ordinary() {
  base::check("make uid 0 an ordinary one",
              ::prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED));
}

}  // namespace nsrun::sandbox
