// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/auxv.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.hh"
#include "launcher/helper_process.hh"
#include "launcher/search_path.hh"

namespace nsrun::launcher {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "netns-slirp";

// Only where the caller could run any program in our place anyway.
const char* named_by_environment() noexcept {
  return ::getauxval(AT_SECURE) == 0 ? std::getenv("NETNS_SLIRP") : nullptr;
}

fs::path own_directory() {
  std::error_code unknown;
  return fs::read_symlink("/proc/self/exe", unknown).parent_path();
}

}  // namespace

std::string find_helper() {
  if (const char* named = named_by_environment()) {
    if (is_executable_file(named)) return fs::absolute(named);
    throw base::Failure(
        fmt::format("NETNS_SLIRP names \"{}\", which is no executable file", named));
  }
  const fs::path own = own_directory();
  for (const fs::path& directory :
       {own, own / "../src/helper", own / "../libexec/netns-run", own / "../libexec"}) {
    if (is_executable_file(directory / kName)) return fs::canonical(directory / kName);
  }
  const std::string in_path = find_program(kName);
  if (is_executable_file(in_path)) return fs::absolute(in_path);
  throw base::Failure(fmt::format(
      "the network helper {} is missing: it is neither beside netns-run in {} nor in PATH; "
      "install both from one build, or name it in NETNS_SLIRP",
      kName, own.string()));
}

}  // namespace nsrun::launcher
