// SPDX-License-Identifier: Apache-2.0
//
// netns-slirp: parse, run, and the one catch.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hh"
#include "base/log.hh"
#include "helper/options.hh"
#include "helper/start.hh"
#include "helper/version.hh"

namespace {

using namespace nsrun;

int print(std::string_view text) {
  const bool is_written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return is_written ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(int argc, char** argv) {
  auto invocation = helper::parse_options(std::vector<std::string>(argv + (argc > 0), argv + argc));
  if (!invocation) throw base::Failure(invocation.error());
  if (std::holds_alternative<helper::ShowHelp>(*invocation)) return print(helper::help_text());
  if (std::holds_alternative<helper::ShowVersion>(*invocation)) {
    return print(helper::version_text());
  }
  const auto& options = std::get<helper::Options>(*invocation);
  base::log::open("netns-slirp", options.lowest_shown);
  for (const std::string& warning : options.warnings) base::log::warning("{}", warning);
  return helper::run(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    base::log::open("netns-slirp", base::log::Level::kInfo);
    return run(argc, argv);
  } catch (const std::exception& error) {
    base::log::error("{}", error.what());
    return EXIT_FAILURE;
  }
}
