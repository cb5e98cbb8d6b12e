// SPDX-License-Identifier: Apache-2.0
#include "launcher/command.hh"

#include <unistd.h>

#include <cerrno>
#include <exception>
#include <vector>

#include "base/error.hh"
#include "base/log.hh"
#include "launcher/privileges.hh"
#include "launcher/search_path.hh"

namespace nsrun::launcher {
namespace {

std::vector<char*> arguments_for_exec(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  // execvp(3) takes pointers to non-const for historical reasons only.
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  return arguments;
}

// Comes back only on failure.
int try_to_become(const Options& options, const CallerState& caller, Background& background) {
  try {
    settle_rights(options);
  } catch (const std::exception& error) {
    background.speak_again();
    base::log::error("{}", error.what());
    return kStatusFailed;
  }
  const std::vector<char*> arguments = arguments_for_exec(options.command);
  inherit_passed_sockets(caller);
  restore_signals(caller);
  // execvp(3) for its way with scripts that name no interpreter.
  const std::string file = find_program(options.command[0]);
  errno = ENOENT;
  if (!file.empty()) ::execvp(file.c_str(), arguments.data());
  const int reason = errno;
  background.speak_again();
  base::log::error("cannot run \"{}\": {}", options.command[0], base::error_text(reason));
  return status_of_failed_exec(reason);
}

}  // namespace

int status_of_failed_exec(int error_number) noexcept {
  return error_number == ENOENT ? kStatusNotFound : kStatusNotExecutable;
}

int become_command(const Options& options, const CallerState& caller, Background& background) {
  const int status = try_to_become(options, caller, background);
  try {
    background.tell(status);
  } catch (const base::SystemError&) {
    // Nobody waits for it.
  }
  return status;
}

}  // namespace nsrun::launcher
