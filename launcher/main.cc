// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/error.hh"
#include "base/log.hh"
#include "launcher/background.hh"
#include "launcher/caller_state.hh"
#include "launcher/check.hh"
#include "launcher/connection.hh"
#include "launcher/diagnosis.hh"
#include "launcher/enter.hh"
#include "launcher/interruption.hh"
#include "launcher/join_target.hh"
#include "launcher/options.hh"
#include "launcher/passed_sockets.hh"
#include "launcher/profile_options.hh"
#include "launcher/readiness.hh"
#include "launcher/standard_streams.hh"
#include "launcher/supervisor.hh"
#include "launcher/version.hh"
#include "nsrun/exit_status.hh"
#include "os/process.hh"

namespace nsrun::launcher {
namespace {

int print(std::string_view text) {
  fmt::print("{}", text);
  base::check("write to standard output", std::fflush(stdout));
  return 0;
}

// In the background from here on; or the exit status of the process that stays in the foreground.
std::optional<int> detach(Options& options, Background& background) {
  const auto status = background.enter();
  if (options.name.empty()) options.name = fmt::format("run-{}", background.pid());
  if (status == 0) print(options.name + "\n");
  return status;
}

int run_with(Options options) {
  os::PassedSockets sockets = take_passed_sockets(options);
  const std::string notify_socket = take_notify_socket(options);
  const CallerState caller = save_caller_state();
  std::optional<JoinTarget> target;
  if (!options.netns.empty()) target = JoinTarget::find(options.netns);
  Background background;
  if (options.detach) {
    if (const auto status = detach(options, background)) return *status;
  }
  if (options.command.empty()) {
    return Connection(options, caller, sockets, std::move(*target)).run(background, notify_socket);
  }
  return Supervisor(options, caller, sockets, target ? &*target : nullptr, background)
      .run(notify_socket);
}

int perform(const Invocation& invocation) {
  if (std::holds_alternative<ShowHelp>(invocation)) return print(help_text());
  if (std::holds_alternative<ShowVersion>(invocation)) return print_version();
  if (std::holds_alternative<CheckHost>(invocation)) return run_check();
  if (const auto* config = std::get_if<ShowConfig>(&invocation)) return print(config->text);
  const Options& options = std::get<Options>(invocation);
  base::log::open("netns-run", options.lowest_shown);
  return run_with(options);
}

// A shell's script or loop ends with Ctrl-C only when SIGINT itself ended what the shell waits for.
int end_by(int signal) {
  if (signal == SIGINT) ::raise(signal);
  return os::Ending{.exit_code = 0, .signal = signal}.status();
}

int run(int argc, const char* const* argv) {
  try {
    occupy_closed_standard_streams();
    if (const auto status = enter_if_asked(argc, argv)) return *status;
    const auto invocation = parse_options(argc, argv, read_profile);
    if (invocation) return perform(*invocation);
    base::log::error("{}\nTry \"netns-run --help\".", invocation.error());
  } catch (const Interrupted& interrupted) {
    return end_by(interrupted.signal());
  } catch (const base::SystemError& error) {
    base::log::error("{}",
                     explain(error.what(), Step::kSetUp, error.error_number(), read_host_facts()));
  } catch (const std::exception& error) {
    base::log::error("{}", error.what());
  }
  return kExitOwnFailure;
}

}  // namespace
}  // namespace nsrun::launcher

int main(int argc, char** argv) { return nsrun::launcher::run(argc, argv); }
