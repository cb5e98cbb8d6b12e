// SPDX-License-Identifier: Apache-2.0
#include "launcher/search_path.hh"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <vector>

namespace nsrun::launcher {
namespace {

constexpr std::string_view kPathWhenUnset = "/usr/local/bin:/usr/bin:/bin";

bool is_file(const std::string& path) noexcept {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode);
}

// One path for each directory.
std::vector<std::string> candidates_in_path(const std::string& program) {
  const char* value = std::getenv("PATH");
  std::string_view rest = value == nullptr ? kPathWhenUnset : std::string_view(value);
  std::vector<std::string> candidates;
  for (bool has_more = true; has_more;) {
    const size_t colon = rest.find(':');
    // An empty entry means the working directory.
    const std::string directory(rest.substr(0, colon));
    candidates.push_back((directory.empty() ? "." : directory) + "/" + program);
    has_more = colon != std::string_view::npos;
    if (has_more) rest.remove_prefix(colon + 1);
  }
  return candidates;
}

}  // namespace

bool is_executable_file(const std::string& path) noexcept {
  return is_file(path) && ::access(path.c_str(), X_OK) == 0;
}

std::string find_program(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  std::string file;
  for (const std::string& candidate : candidates_in_path(program)) {
    if (is_executable_file(candidate)) return candidate;
    if (file.empty() && is_file(candidate)) file = candidate;
  }
  return file;
}

}  // namespace nsrun::launcher
