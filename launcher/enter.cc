// SPDX-License-Identifier: Apache-2.0
//
// Two processes: one enters the namespaces and forks the other, as a PID namespace has only the
// children of who enters it. The first waits for the second outside of that namespace, passes
// signals on, and ends with it. Neither is dumpable from before it enters until the command is
// executed: root of the guest could trace it and would have what it holds.
#include "launcher/enter.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hh"
#include "base/fd.hh"
#include "base/log.hh"
#include "launcher/caller_state.hh"
#include "launcher/command.hh"
#include "launcher/entry_terms.hh"
#include "launcher/identity.hh"
#include "launcher/interruption.hh"
#include "launcher/passed_signals.hh"
#include "launcher/terminal.hh"
#include "nsrun/exit_status.hh"
#include "os/fd_passing.hh"
#include "os/namespace.hh"
#include "os/process.hh"
#include "os/signals.hh"

namespace nsrun::launcher {
namespace {

struct Entry {
  EntryTerms terms;
  base::Fd launcher;                 // pidfd of netns-run
  std::vector<base::Fd> namespaces;  // as kEnteredNamespaces
};

std::optional<os::Message> receive_terms(base::FdView socket) {
  try {
    return os::receive_message(socket);
  } catch (const base::SystemError& error) {
    if (error.error_number() != EAGAIN) throw;
    throw base::Failure("the instance does not answer; is it stopped?");
  }
}

Entry receive_entry(base::FdView socket) {
  auto message = receive_terms(socket);
  if (!message) throw base::Failure("the instance does not let us enter, or is about to end");
  if (message->fds.empty()) {
    throw base::Failure(
        fmt::format("the limits of the instance cannot be applied to another command: {}",
                    std::string_view(reinterpret_cast<const char*>(message->bytes.data()),
                                     message->bytes.size())));
  }
  const auto terms = decode_entry_terms(message->bytes);
  if (!terms) throw base::Failure(fmt::format("the instance cannot be entered: {}", terms.error()));
  NSRUN_CHECK(message->fds.size() == 1 + kEnteredNamespaces.size());
  Entry entry{.terms = *terms, .launcher = std::move(message->fds.front()), .namespaces = {}};
  message->fds.erase(message->fds.begin());
  entry.namespaces = std::move(message->fds);
  return entry;
}

// What the caller left open could lead out of the namespaces.
void close_all_but(const Entry& entry) {
  std::vector<int> kept{entry.launcher.number()};
  for (const base::Fd& fd : entry.namespaces) kept.push_back(fd.number());
  os::close_fds_except(kept);
}

void enter(Entry& entry) {
  os::set_non_dumpable();
  // A joined network (--netns) belongs to a user namespace above the command's.
  const base::Fd& network = entry.namespaces[kNetworkPlace];
  os::enter_user_and_network(os::owner_of_namespace(network), network);
  for (size_t i = 0; i < kEnteredNamespaces.size(); ++i) {
    os::enter_namespace(entry.namespaces[i], kEnteredNamespaces[i]);
  }
  entry.namespaces.clear();
  take_on(entry.terms.inside);
  // By the setting fs.suid_dumpable a change of ids may make it dumpable.
  os::set_non_dumpable();
}

// By its path, as the mount namespace is another one. Comes back only on failure, with the status.
int become_second_command(const Entry& entry, const std::vector<std::string>& command,
                          const std::string& directory, const CallerState& caller,
                          base::FdView parent) {
  try {
    os::end_with_parent(parent);
    base::check(fmt::format("enter the working directory {} in the instance", directory),
                ::chdir(directory.c_str()));
    settle_rights(entry.terms.rights);
  } catch (const std::exception& error) {
    base::log::error("{}", error.what());
    return kExitOwnFailure;
  }
  restore_signals(caller);
  return complain_of_exec(command, execute(command));
}

// From its start to its end, seen from its parent.
class SecondCommand {
 public:
  SecondCommand(pid_t pid, bool has_terminal, base::FdView launcher, os::SignalQueue& signals)
      : pid_(pid), has_terminal_(has_terminal), launcher_(launcher), signals_(signals) {}

  // The exit status. Throws Interrupted.
  int wait() {
    while (!status_) serve_once();
    take_terminal_from_the_dead();
    // Keys go to the command's own group only.
    if (killed_by_ == SIGINT && (has_seen_ctrl_c_ || has_terminal_)) throw Interrupted(SIGINT);
    return *status_;
  }

 private:
  void serve_once() {
    std::array<pollfd, 2> entries{
        {{signals_.fd().number(), POLLIN, 0}, {launcher_.number(), POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR) {
      base::throw_errno("wait for the command");
    }
    if (entries[0].revents != 0) take_signals();
    if (entries[1].revents != 0) end_with_the_instance();
  }

  // Where they share a PID namespace nobody else does it.
  void end_with_the_instance() {
    launcher_ = base::FdView();
    if (!status_) ::kill(pid_, SIGKILL);
  }

  void take_signals() {
    while (const auto info = signals_.next()) {
      const int signal = static_cast<int>(info->ssi_signo);
      if (signal == SIGCHLD) {
        reap();
        continue;
      }
      if (is_from_terminal(signal, info->ssi_code)) {
        has_seen_ctrl_c_ |= signal == SIGINT;
        // Else the command has got it as well.
        if (!has_terminal_) continue;
      }
      if (!status_) pass_on(signal);
    }
  }

  void pass_on(int signal) {
    if (signal == SIGCONT) {
      resume();
    } else {
      ::kill(pid_, signal);
    }
  }

  void reap() {
    int status = 0;
    while (!status_ && ::waitpid(pid_, &status, WNOHANG | WUNTRACED) > 0) note(status);
  }

  void note(int status) {
    if (WIFSTOPPED(status)) {
      follow_stop(WSTOPSIG(status));
    } else if (WIFSIGNALED(status)) {
      killed_by_ = WTERMSIG(status);
      status_ = os::Ending{.exit_code = 0, .signal = killed_by_}.status();
    } else {
      status_ = WEXITSTATUS(status);
    }
  }

  void follow_stop(int signal) {
    // A shell that takes a running job to the front sends it no signal.
    const bool missed_front = has_terminal_ && asks_for_terminal(signal) && is_in_front();
    const bool was_stopped = !missed_front && stop_this_process(signal);
    // A command that asks for the terminal in vain would be stopped again.
    if (missed_front || was_stopped || !asks_for_terminal(signal)) resume();
  }

  void resume() {
    if (has_terminal_ && is_in_front()) give_terminal_to(pid_);
    continue_group_of(pid_);
  }

  pid_t pid_;
  bool has_terminal_;  // in a process group of its own
  base::FdView launcher_;
  os::SignalQueue& signals_;
  std::optional<int> status_;
  bool has_seen_ctrl_c_ = false;
  int killed_by_ = 0;
};

int run_inside(base::Fd socket, const std::vector<std::string>& command) {
  const CallerState caller = save_caller_state();
  Entry entry = receive_entry(socket);
  socket.close();
  close_all_but(entry);
  const std::string directory = std::filesystem::current_path();
  const base::Fd self = os::open_pidfd(::getpid());
  os::SignalQueue signals(kSignalsOfParent);
  const bool gets_terminal = may_give_terminal_away();
  enter(entry);
  const pid_t pid = base::check("start a process in the instance", ::fork());
  if (pid == 0) {
    if (gets_terminal) take_terminal_in_own_group();
    ::_exit(become_second_command(entry, command, directory, caller, self));
  }
  if (gets_terminal) ::setpgid(pid, pid);
  // The command may take on another id of its map, and shall get its signals all the same.
  sandbox::hold_capabilities(*sandbox::capability_named("KILL"));
  return SecondCommand(pid, gets_terminal, entry.launcher, signals).wait();
}

}  // namespace

std::optional<int> enter_if_asked(int argc, const char* const* argv) {
  constexpr std::string_view kOption = "--enter=";
  if (argc < 3 || !std::string_view(argv[1]).starts_with(kOption)) return std::nullopt;
  const std::string_view text = std::string_view(argv[1]).substr(kOption.size());
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  base::log::open("netns-ctl", base::log::Level::kInfo);
  return run_inside(base::Fd(number), std::vector<std::string>(argv + 2, argv + argc));
}

}  // namespace nsrun::launcher
