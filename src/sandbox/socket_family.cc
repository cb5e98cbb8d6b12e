// SPDX-License-Identifier: Apache-2.0
#include "sandbox/socket_family.hh"

#include <seccomp.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/error.hh"

namespace nsrun::sandbox {
namespace {

// libseccomp returns negative errno values.
void check_seccomp(std::string_view attempted, int result) {
  if (result < 0) base::throw_errno(attempted, -result);
}

// The other tables of system calls that programs of this machine may use: seccomp(2) warns that a
// filter for one architecture says nothing about the others.
#if defined(__x86_64__)
constexpr std::array<uint32_t, 2> kForeignArchitectures = {SCMP_ARCH_X86, SCMP_ARCH_X32};
#elif defined(__aarch64__)
constexpr std::array<uint32_t, 1> kForeignArchitectures = {SCMP_ARCH_ARM};
#else
constexpr std::array<uint32_t, 0> kForeignArchitectures = {};
#endif

// By glibc's socket(3) (its kernel-features.h): no family can be told from another.
bool makes_sockets_by_socketcall(uint32_t architecture) noexcept {
  return architecture == SCMP_ARCH_X86 || architecture == SCMP_ARCH_S390 ||
         architecture == SCMP_ARCH_S390X;
}

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

Filter make_filter() {
  Filter filter(seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (filter == nullptr) base::throw_errno("make a seccomp filter", ENOMEM);
  for (const uint32_t architecture : kForeignArchitectures) {
    check_seccomp("add an architecture to a seccomp filter",
                  seccomp_arch_add(filter.get(), architecture));
  }
  check_seccomp("close other architectures",
                seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)));
  // The caller decides about no-new-privs.
  check_seccomp("keep no-new-privs out of a seccomp filter",
                seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_NNP, 0));
  return filter;
}

}  // namespace

void close_socket_family(int family) {
  if (makes_sockets_by_socketcall(seccomp_arch_native())) return;
  const Filter filter = make_filter();
  // The kernel takes the family as an int, a filter sees all 64 bits of the register: without the
  // mask a call with anything in the upper half would pass.
  const scmp_arg_cmp is_family = {0, SCMP_CMP_MASKED_EQ, 0xffffffffU,
                                  static_cast<uint32_t>(family)};
  // Where an architecture has socketcall(2), libseccomp closes its part for socket() as well, for
  // every family.
  check_seccomp("close a socket family",
                seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket),
                                       1, &is_family));
  check_seccomp("close io_uring", seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS),
                                                   SCMP_SYS(io_uring_setup), 0));
  check_seccomp("load a seccomp filter", seccomp_load(filter.get()));
}

}  // namespace nsrun::sandbox
