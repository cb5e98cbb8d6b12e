// SPDX-License-Identifier: Apache-2.0
//
// Runs a piece of a test in namespaces of its own. Expectations of a forked child cannot reach
// gtest, so the piece returns what is wrong ("" when nothing is) and an exception counts as such.
#pragma once

#include <sched.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <functional>
#include <string>

#include "base/fd.hh"
#include "os/process.hh"

namespace nsrun::os {

inline constexpr int kUserAndNetwork = CLONE_NEWUSER | CLONE_NEWNET;

inline bool has_user_namespaces() {
  try {
    return Child::start([] { return 0; }, kUserAndNetwork).wait() == Ending{};
  } catch (const std::exception&) {
    return false;
  }
}

inline std::string in_namespaces(int new_namespaces, const std::function<std::string()>& piece) {
  int numbers[2];
  if (::pipe(numbers) < 0) return "no pipe";
  const base::Fd reading(numbers[0]);
  base::Fd writing(numbers[1]);
  Child child = Child::start(
      [&] {
        std::string complaint;
        try {
          complaint = piece();
        } catch (const std::exception& error) {
          complaint = error.what();
        }
        return ::write(writing.number(), complaint.data(), complaint.size()) < 0 ? 1 : 0;
      },
      new_namespaces);
  writing.close();
  std::string complaint;
  std::array<char, 4096> buffer;
  for (ssize_t count = 0; (count = ::read(reading.number(), buffer.data(), buffer.size())) > 0;) {
    complaint.append(buffer.data(), static_cast<size_t>(count));
  }
  if (child.wait() != Ending{}) complaint += " (the child ended badly)";
  return complaint;
}

}  // namespace nsrun::os

// Skips the test where the host allows no user namespaces.
#define NSRUN_NEEDS_USER_NAMESPACES() \
  if (!::nsrun::os::has_user_namespaces()) GTEST_SKIP() << "this host allows no user namespaces"
