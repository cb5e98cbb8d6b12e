// SPDX-License-Identifier: Apache-2.0
#include "launcher/own_programs.hh"

#include <fmt/format.h>
#include <sys/auxv.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "base/error.hh"
#include "launcher/search_path.hh"

namespace nsrun::launcher {
namespace {

namespace fs = std::filesystem;

// Only where the caller could run any program in our place anyway.
const char* named_by_environment() noexcept {
  return ::getauxval(AT_SECURE) == 0 ? std::getenv("NETNS_SLIRP") : nullptr;
}

fs::path own_directory() {
  std::error_code unknown;
  return fs::read_symlink("/proc/self/exe", unknown).parent_path();
}

// Where builds and installations have it; "" when it is in none of them.
std::string find_in(const std::vector<fs::path>& directories, const char* name) {
  for (const fs::path& directory : directories) {
    if (is_executable_file(directory / name)) return fs::canonical(directory / name);
  }
  return "";
}

}  // namespace

std::string find_helper() {
  constexpr const char* kName = "netns-slirp";
  if (const char* named = named_by_environment()) {
    if (is_executable_file(named)) return fs::absolute(named);
    throw base::Failure(
        fmt::format("NETNS_SLIRP names \"{}\", which is not an executable file", named));
  }
  const fs::path own = own_directory();
  std::string found = find_in(
      {own, own / "../src/helper", own / "../libexec/netns-run", own / "../libexec"}, kName);
  if (!found.empty()) return found;
  const std::string in_path = find_program(kName);
  if (is_executable_file(in_path)) return fs::absolute(in_path);
  throw base::Failure(fmt::format(
      "the network helper {} is missing: it is neither beside netns-run in {} nor in PATH; "
      "install both from one build, or name it in NETNS_SLIRP",
      kName, own.string()));
}

std::string find_scope_program() {
  const fs::path own = own_directory();
  std::string found =
      find_in({own / "../libexec/netns-run", own / "../src/scope", own}, "netns-scope");
  if (!found.empty()) return found;
  throw base::Failure(
      fmt::format("the program netns-scope, of the same build, is neither in "
                  "{}/../libexec/netns-run nor beside netns-run",
                  own.string()));
}

}  // namespace nsrun::launcher
