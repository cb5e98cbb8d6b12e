// SPDX-License-Identifier: Apache-2.0
//
// A folder of a test's own, gone with all that is in it when the test ends.
#pragma once

#include <cstdlib>
#include <filesystem>

#include "base/error.hh"

namespace nsrun::test {

class TemporaryFolder {
 public:
  // Only its owner reaches it (mkdtemp(3)).
  TemporaryFolder() {
    char pattern[] = "/tmp/nsrun-XXXXXX";
    if (mkdtemp(pattern) == nullptr) base::throw_errno("make a folder for a test");
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace nsrun::test
