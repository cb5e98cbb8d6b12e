// SPDX-License-Identifier: Apache-2.0
#include "launcher/init.hh"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <optional>

#include "base/error.hh"
#include "base/log.hh"
#include "base/time.hh"
#include "launcher/command.hh"
#include "launcher/entry_terms.hh"
#include "launcher/guest_files.hh"
#include "launcher/guest_network.hh"
#include "launcher/identity.hh"
#include "launcher/init_channel.hh"
#include "launcher/left_behind.hh"
#include "launcher/passed_signals.hh"
#include "launcher/terminal.hh"
#include "nsrun/exit_status.hh"
#include "os/namespace.hh"
#include "os/process.hh"
#include "os/signals.hh"

namespace nsrun::launcher {
namespace {

// For netns-ctl exec, which can do without: /proc may be missing.
void offer_entrance(const InitTask& task) {
  try {
    InitMessage offer{InitWord::kEntrance};
    offer.text = encode(EntryTerms{.inside = task.inside, .rights = rights_of(task.options)});
    for (const os::NamespaceKind kind : kEnteredNamespaces) {
      offer.fds.push_back(os::open_namespace(os::own_namespace_path(kind)));
    }
    send_to_init_channel(task.channel, offer);
  } catch (const base::SystemError& error) {
    base::log::debug("no entrance for netns-ctl: {}", error.what());
  }
}

void try_send(base::FdView channel, const InitMessage& message) noexcept {
  try {
    send_to_init_channel(channel, message);
  } catch (const std::exception&) {
    // Nobody is left to be told.
  }
}

// From the start of the command to its end.
class Init {
 public:
  Init(const InitTask& task, os::SignalQueue& signals) : task_(task), signals_(signals) {}

  int run(bool has_own_group) {
    start_command(has_own_group);
    while (!status_ && is_wanted_) serve_once();
    return status_.value_or(kExitOwnFailure);
  }

 private:
  void start_command(bool has_own_group) {
    // The command shall not inherit what becomes silent.
    task_.background.fall_silent();
    command_ = base::check("start a process for the command", ::fork());
    if (command_ == 0) {
      if (has_own_group) take_terminal_in_own_group();
      ::_exit(become_command(task_.options, task_.caller, task_.background));
    }
    // Whoever of the two is first: no signal is to be passed on to a command in our group then.
    if (has_own_group) ::setpgid(command_, command_);
    task_.background.let_go();
  }

  void serve_once() {
    std::array<pollfd, 2> entries{
        {{signals_.fd().number(), POLLIN, 0}, {task_.channel.number(), POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR) {
      base::throw_errno("wait for the command");
    }
    // Signals first: what the group got must be known when a signal is to be passed on.
    if (entries[0].revents != 0) take_signals();
    if (entries[1].revents != 0) take_message();
  }

  void take_signals() {
    while (const auto info = signals_.next()) {
      const int signal = static_cast<int>(info->ssi_signo);
      if (signal == SIGCHLD) {
        reap();
      } else {
        group_signals_.saw(signal, base::now());
      }
    }
  }

  void take_message() {
    const auto message = receive_from_init_channel(task_.channel);
    if (!message) {
      is_wanted_ = false;
    } else if (message->word == InitWord::kSignal) {
      pass_on(message->number);
    } else if (message->word == InitWord::kToFront) {
      give_terminal_to(command_);
    } else if (message->word == InitWord::kContinue) {
      pass_continue_on(message->number);
    }
  }

  // Unless the command has stopped again since netns-run got the signal: that stop is a later
  // wish of the user's.
  void pass_continue_on(int served_stops) {
    take_signals();
    if (served_stops == stops_) pass_on(SIGCONT);
  }

  void pass_on(int signal) {
    take_signals();
    const bool is_in_group = ::getpgid(command_) == ::getpgrp();
    if (is_in_group && group_signals_.take(signal, base::now())) return;
    if (status_) return;
    if (signal == SIGCONT) {
      continue_group_of(command_);
    } else {
      ::kill(command_, signal);
    }
  }

  void reap() {
    int status = 0;
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
      if (pid == command_) note(status);
    }
  }

  void note(int status) {
    if (WIFSTOPPED(status)) {
      ++stops_;
      try_send(task_.channel, {InitWord::kStopped, WSTOPSIG(status)});
    } else if (WIFSIGNALED(status)) {
      try_send(task_.channel, {InitWord::kKilled, WTERMSIG(status)});
      status_ = os::Ending{.exit_code = 0, .signal = WTERMSIG(status)}.status();
    } else {
      status_ = WEXITSTATUS(status);
    }
  }

  const InitTask& task_;
  os::SignalQueue& signals_;
  GroupSignals group_signals_;
  pid_t command_ = -1;
  int stops_ = 0;  // kStopped messages sent
  std::optional<int> status_;
  bool is_wanted_ = true;  // netns-run is still there
};

// Nothing when netns-run has ended meanwhile.
std::optional<InitMessage> wait_for(base::FdView channel, InitWord word) {
  for (;;) {
    auto message = receive_from_init_channel(channel);
    if (!message || message->word == word) return message;
  }
}

void follow_the_launcher(const InitTask& task) {
  // Without a PID namespace a sudden death would leave the command's children behind; the end of
  // the channel tells it as well, and leaves the time to end them.
  if (task.options.share_pid) {
    become_parent_of_orphans();
  } else {
    os::end_with_parent(task.launcher);
  }
}

void make_guest(const InitTask& task) {
  separate_mounts(!task.options.share_pid);
  InitMessage ready{InitWord::kNetworkReady};
  const bool has_network_of_its_own = task.options.netns.empty();
  if (has_network_of_its_own) {
    ready.fds.push_back(make_guest_network(task.options, task.inside).fd);
  }
  send_to_init_channel(task.channel, ready);
  if (const std::string& name = task.options.host_name; !name.empty()) {
    base::check("set the host name", ::sethostname(name.data(), name.size()));
  }
  // Our copy of the TAP is closed here: only the helper keeps the device alive.
  ready.fds.clear();
  mount_guest_files(task.options);
  if (has_network_of_its_own) mount_sys();
}

int run_guarded(const InitTask& task) {
  os::SignalQueue signals(kSignalsOfParent);
  follow_the_launcher(task);
  if (!wait_for(task.channel, InitWord::kSetUp)) return kExitOwnFailure;
  take_on(task.inside);
  follow_the_launcher(task);
  make_guest(task);
  const auto start = wait_for(task.channel, InitWord::kStart);
  if (!start) return kExitOwnFailure;
  // From here on there is a command, and the guest's root could trace us. Not earlier: our files
  // in /proc, where netns-run writes the id maps, belong to root then.
  os::set_non_dumpable();
  offer_entrance(task);
  const int status = Init(task, signals).run(start->number != 0);
  if (task.options.share_pid) end_what_is_left_behind();
  return status;
}

}  // namespace

int run_init(const InitTask& task) {
  try {
    return run_guarded(task);
  } catch (const base::SystemError& error) {
    try_send(task.channel, {InitWord::kFailed, error.error_number(), error.what()});
  } catch (const std::exception& error) {
    try_send(task.channel, {InitWord::kFailed, 0, error.what()});
  }
  return kExitOwnFailure;
}

}  // namespace nsrun::launcher
