// SPDX-License-Identifier: Apache-2.0
#include "sandbox/socket_family.hh"

#include <seccomp.h>

#include <cerrno>
#include <memory>

#include "base/error.hh"

namespace nsrun::sandbox {
namespace {

// libseccomp returns negative errno values.
void check_seccomp(std::string_view attempted, int result) {
  if (result < 0) base::throw_errno(attempted, -result);
}

}  // namespace

void close_socket_family(int family) {
  const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                                 &seccomp_release);
  if (filter == nullptr) base::throw_errno("make a seccomp filter", ENOMEM);
  check_seccomp("let other architectures pass a seccomp filter",
                seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW));
  // The caller decides about no-new-privs.
  check_seccomp("keep no-new-privs out of a seccomp filter",
                seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_NNP, 0));
  // The kernel takes the family as an int, a filter sees all 64 bits of the register: without the
  // mask a call with anything in the upper half would pass.
  const scmp_arg_cmp is_family = {0, SCMP_CMP_MASKED_EQ, 0xffffffffU,
                                  static_cast<uint32_t>(family)};
  check_seccomp("close a socket family",
                seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket),
                                       1, &is_family));
  check_seccomp("load a seccomp filter", seccomp_load(filter.get()));
}

}  // namespace nsrun::sandbox
