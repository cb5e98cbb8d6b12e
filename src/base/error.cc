// SPDX-License-Identifier: Apache-2.0
#include "base/error.hh"

#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace nsrun::base {

SystemError::SystemError(std::string_view attempted, int error_number)
    : std::runtime_error(std::string(attempted) + ": " + error_text(error_number)),
      error_number_(error_number) {}

void throw_errno(std::string_view attempted, int error_number) {
  throw SystemError(attempted, error_number);
}

std::string error_text(int error_number) { return std::generic_category().message(error_number); }

void bug(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: internal error: %s does not hold\n", file, line, condition);
  std::abort();
}

}  // namespace nsrun::base
