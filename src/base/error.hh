// SPDX-License-Identifier: Apache-2.0
//
// Errors of set-up. Code that prepares (opens, mounts, binds) throws SystemError, which says what
// was attempted and why it failed; each program's main has the one catch. The packet path never
// throws: it returns status values (result.hh) and counts (counters.hh).
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>

namespace nsrun::base {

// what() is "<attempted>: <strerror>", for example "open /dev/net/tun: Permission denied".
class SystemError : public std::runtime_error {
 public:
  SystemError(std::string_view attempted, int error_number);
  // The errno value that the failed call left.
  int error_number() const noexcept { return error_number_; }

 private:
  int error_number_;
};

// An error whose text is complete: nothing is added to it but the program's name.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn]] void throw_errno(std::string_view attempted, int error_number = errno);

// Passes a system call's result through; throws SystemError(attempted, errno) when it is negative.
template <typename Integer>
Integer check(std::string_view attempted, Integer result) {
  if (result < 0) throw_errno(attempted);
  return result;
}

// strerror without its thread-unsafe buffer.
std::string error_text(int error_number);

[[noreturn]] void bug(const char* condition, const char* file, int line) noexcept;

}  // namespace nsrun::base

// Our own bug, not the guest's nonsense and not the host's trouble: never compiled out.
#define NSRUN_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::nsrun::base::bug(#condition, __FILE__, __LINE__))
