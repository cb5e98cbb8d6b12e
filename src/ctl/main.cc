// SPDX-License-Identifier: Apache-2.0
//
// netns-ctl: parse, carry out, and the one catch.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "base/error.hh"
#include "base/log.hh"
#include "ctl/commands.hh"
#include "ctl/enter.hh"
#include "ctl/instances.hh"
#include "ctl/options.hh"
#include "nsrun/exit_status.hh"

namespace {

using namespace nsrun;

constexpr int kDone = 0;
constexpr int kRefused = 1;
constexpr int kWrongCommandLine = 2;
constexpr int kNoSuchInstance = 3;

int print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    base::throw_errno("write the answer");
  }
  return kDone;
}

int run(int argc, const char* const* argv) {
  const auto invocation = ctl::parse_options(argc, argv);
  if (!invocation) {
    base::log::error("{}\nTry \"netns-ctl --help\".", invocation.error());
    return kWrongCommandLine;
  }
  if (std::holds_alternative<ctl::ShowHelp>(*invocation)) return print(ctl::help_text());
  if (std::holds_alternative<ctl::ShowVersion>(*invocation)) {
    return print(fmt::format("netns-ctl {}\n", NSRUN_VERSION));
  }
  return print(ctl::carry_out(std::get<ctl::Options>(*invocation)));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    base::log::open("netns-ctl", base::log::Level::kInfo);
    return run(argc, argv);
  } catch (const ctl::NotEntered& error) {
    base::log::error("{}", error.what());
    return kExitOwnFailure;  // the others may be the command's own
  } catch (const ctl::NoSuchInstance& error) {
    base::log::error("{}", error.what());
    return kNoSuchInstance;
  } catch (const std::exception& error) {
    base::log::error("{}", error.what());
    return kRefused;
  }
}
