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
#include "nsrun/exit_status.hh"

namespace nsrun::launcher {
namespace {

std::vector<char*> arguments_for_exec(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  // execvp(3) takes pointers to non-const for historical reasons only.
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  return arguments;
}

}  // namespace

int execute(const std::vector<std::string>& command) {
  const std::vector<char*> arguments = arguments_for_exec(command);
  // execvp(3) for its way with scripts that name no interpreter.
  const std::string file = find_program(command[0]);
  errno = ENOENT;
  if (!file.empty()) ::execvp(file.c_str(), arguments.data());
  return errno;
}

int complain_of_exec(const std::vector<std::string>& command, int error_number) {
  base::log::error("cannot run \"{}\": {}", command[0], base::error_text(error_number));
  return status_of_failed_exec(error_number);
}

namespace {

// Comes back only on failure.
int try_to_become(const Options& options, const CallerState& caller, Background& background) {
  try {
    settle_rights(rights_of(options));
  } catch (const std::exception& error) {
    background.speak_again();
    base::log::error("{}", error.what());
    return kExitOwnFailure;
  }
  inherit_passed_sockets(caller);
  restore_signals(caller);
  const int reason = execute(options.command);
  background.speak_again();
  return complain_of_exec(options.command, reason);
}

}  // namespace

int status_of_failed_exec(int error_number) noexcept {
  return error_number == ENOENT ? kExitNotFound : kExitNotExecutable;
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
