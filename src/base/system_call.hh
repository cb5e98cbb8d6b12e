// SPDX-License-Identifier: Apache-2.0
//
// What a process may still ask of the kernel after lock-down. Each room whose code runs then
// declares its calls in its own system_calls.hh, so that the list grows and shrinks with the code;
// sandbox/system_call_filter.hh makes a seccomp filter of them. A call that a short run of all
// features does not show has its reason behind it: tests/system/system_calls.py looks.
#pragma once

#include <cstdint>
#include <span>

namespace nsrun::base {

// Holds when argument `index` (0-5), seen through `mask`, is `value`. A mask of 0 always holds.
// Kernel arguments that are ints need a mask of 32 bits: a caller may leave anything above them.
struct ArgumentRule {
  unsigned index = 0;
  uint64_t mask = 0;
  uint64_t value = 0;
};

constexpr ArgumentRule argument_is(unsigned index, uint32_t value) noexcept {
  return {index, 0xffffffffU, value};
}

struct SystemCall {
  const char* name;  // as in syscalls(2)
  // All of them hold.
  ArgumentRule first = {};
  ArgumentRule second = {};
  ArgumentRule third = {};
  // Not 0: the call fails with this errno, quietly. For what a library tries and can do without.
  int error_number = 0;
};

// setsockopt(2) and getsockopt(2) of one option.
constexpr SystemCall socket_option(const char* name, uint32_t level, uint32_t option) noexcept {
  return {name, argument_is(1, level), argument_is(2, option)};
}

using SystemCalls = std::span<const SystemCall>;

}  // namespace nsrun::base
