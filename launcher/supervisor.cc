// SPDX-License-Identifier: Apache-2.0
#include "launcher/supervisor.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/error.hh"
#include "base/log.hh"
#include "launcher/diagnosis.hh"
#include "launcher/flow_resets.hh"
#include "launcher/interruption.hh"
#include "launcher/joined_network.hh"
#include "launcher/left_behind.hh"
#include "launcher/passed_signals.hh"
#include "launcher/readiness.hh"
#include "launcher/terminal.hh"
#include "os/process.hh"

namespace nsrun::launcher {
namespace {

bool is_readable(base::FdView fd) noexcept {
  pollfd entry = entry_for(fd);
  return ::poll(&entry, 1, 0) > 0;
}

// While it lives, a message from init is a SIGCONT for this process. A stopped one cannot read, and
// the command may be continued or killed by somebody who knows nothing of netns-run.
class WakeUps {
 public:
  explicit WakeUps(base::FdView channel) noexcept
      : channel_(channel), flags_(::fcntl(channel.number(), F_GETFL)) {
    ::fcntl(channel_.number(), F_SETOWN, ::getpid());
    ::fcntl(channel_.number(), F_SETSIG, SIGCONT);
    ::fcntl(channel_.number(), F_SETFL, flags_ | O_ASYNC);
  }
  WakeUps(const WakeUps&) = delete;
  WakeUps& operator=(const WakeUps&) = delete;
  ~WakeUps() { ::fcntl(channel_.number(), F_SETFL, flags_); }

  // fcntl(2), F_SETSIG: si_code is then what poll(2) would say.
  static bool is_one(const signalfd_siginfo& info) noexcept {
    return info.ssi_signo == SIGCONT && info.ssi_code >= POLL_IN && info.ssi_code <= POLL_HUP;
  }

 private:
  base::FdView channel_;
  int flags_;
};

// False as stop_this_process().
bool stop_like_the_command(int signal, base::FdView channel) noexcept {
  const WakeUps wake_ups(channel);
  if (is_readable(channel)) return true;  // it goes on already
  return stop_this_process(signal);
}

[[noreturn]] void throw_failed(const InitMessage& message) {
  throw base::Failure(explain(message.text, Step::kSetUp, message.number, read_host_facts()));
}

}  // namespace

Supervisor::Supervisor(const Options& options, const CallerState& caller,
                       os::PassedSockets& sockets, const JoinTarget* target, Background& background)
    : options_(options),
      target_(target),
      background_(background),
      spared_(children_of_this_process()),
      signals_(kPassedSignals),
      guest_(Guest::start(options, caller, sockets, target, background)),
      helper_(options, caller, sockets) {
  // An init that is killed cannot end what it leaves behind.
  if (options_.share_pid) become_parent_of_orphans();
}

int Supervisor::run(const std::string& notify_socket) {
  helper_.introduce(receive_tap(), [this] { return tcp_tables_of(guest_.pid()); });
  // All that init has started by now is nothing.
  if (options_.limits.has_any()) limited_.emplace(options_.limits, guest_.pid());
  wait_until_ready(helper_, signals_);
  // The command may have our uid: with --share-pid it could list our descriptors.
  os::set_non_dumpable();
  say_ready(notify_socket, helper_.forward_count());
  background_.tell(0);
  gave_terminal_away_ = may_give_terminal_away();
  guest_.send_if_it_lives({InitWord::kStart, gave_terminal_away_ ? 1 : 0});
  background_.let_go();
  supervise();
  return finish();
}

os::Tap Supervisor::receive_tap() {
  wait_for(guest_.channel(), signals_);
  auto message = receive_from_init_channel(guest_.channel());
  if (!message) throw base::Failure("the init of the command ended during set-up");
  if (message->word == InitWord::kFailed) throw_failed(*message);
  NSRUN_CHECK(message->word == InitWord::kNetworkReady);
  if (target_ != nullptr) return open_joined_tap(*target_, options_);
  NSRUN_CHECK(message->fds.size() == 1);
  return os::adopt_tap(std::move(message->fds.front()));
}

void Supervisor::supervise() {
  for (bool guest_runs = true; guest_runs;) {
    std::array entries{entry_for(guest_.pidfd()),
                       entry_for(signals_.fd()),
                       entry_for(guest_.channel(), channel_is_open_),
                       entry_for(helper_.socket()),
                       entry_for(helper_.pidfd()),
                       entry_for(entrance_ ? entrance_->fd() : base::FdView())};
    wait_for_any(entries, helper_.milliseconds_to_wait());
    if (entries[1].revents != 0) take_signals();
    if (entries[2].revents != 0) take_guest_message();
    if (entries[5].revents != 0) entrance_->serve();
    guest_runs = entries[0].revents == 0;
    if (guest_runs) helper_.serve();
    if (options_.share_pid) reap_helpers_orphans();
  }
}

// What a dead helper leaves is ours, as long as this process is the parent of orphans.
void Supervisor::reap_helpers_orphans() noexcept {
  std::vector<pid_t> spared = spared_;
  spared.insert(spared.end(), {guest_.pid(), helper_.pid()});
  reap_ended_orphans(spared);
}

void Supervisor::take_guest_message() {
  auto message = receive_from_init_channel(guest_.channel());
  if (!message) {
    channel_is_open_ = false;
  } else if (message->word == InitWord::kEntrance) {
    open_entrance(*message);
  } else if (message->word == InitWord::kStopped) {
    ++served_stops_;
    follow_stop(message->number);
  } else if (message->word == InitWord::kKilled) {
    killed_by_ = message->number;
  } else if (message->word == InitWord::kFailed) {
    throw_failed(*message);
  }
}

void Supervisor::open_entrance(InitMessage& offer) {
  try {
    entrance_.emplace(std::move(offer.text), std::move(offer.fds), [this](pid_t process) {
      if (limited_) limited_->add(process);
    });
  } catch (const base::SystemError& error) {
    base::log::warning("netns-ctl exec will not work: {}", error.what());
  }
}

void Supervisor::follow_stop(int signal) {
  // A shell that takes a running job to the front sends it no signal.
  const bool missed_front = gave_terminal_away_ && asks_for_terminal(signal) && is_in_front();
  if (missed_front) return continue_command();
  const bool was_stopped = stop_like_the_command(signal, guest_.channel());
  // Nobody else would. A command that asks for the terminal would be stopped by that again.
  if (!was_stopped && !asks_for_terminal(signal)) continue_command();
}

void Supervisor::continue_command() {
  if (gave_terminal_away_ && is_in_front()) guest_.send_if_it_lives({InitWord::kToFront});
  guest_.send_if_it_lives({InitWord::kContinue, served_stops_});
}

void Supervisor::take_signals() {
  while (const auto info = signals_.next()) {
    const int signal = static_cast<int>(info->ssi_signo);
    if (WakeUps::is_one(*info)) continue;
    if (is_from_terminal(signal, info->ssi_code)) {
      has_seen_ctrl_c_ |= signal == SIGINT;
      // Else the command has got it as well.
      if (!gave_terminal_away_) continue;
    }
    if (signal == SIGCONT) {
      continue_command();
    } else {
      guest_.send_if_it_lives({InitWord::kSignal, signal});
    }
  }
}

int Supervisor::finish() {
  const os::Ending ending = guest_.wait();
  spared_.push_back(helper_.pid());
  if (options_.share_pid) end_what_is_left_behind(spared_);
  if (target_ == nullptr) helper_.note_end_of_guest();
  // What init said at last.
  while (channel_is_open_) take_guest_message();
  take_signals();
  take_terminal_from_the_dead();
  if (ending.signal != 0) {
    throw base::Failure(fmt::format(
        "the init of the command was killed by signal {}, and the command with it", ending.signal));
  }
  // Keys go to the command's own group only.
  const bool was_ctrl_c = has_seen_ctrl_c_ || gave_terminal_away_;
  if (killed_by_ == SIGINT && was_ctrl_c) throw Interrupted(SIGINT);
  return ending.exit_code;
}

}  // namespace nsrun::launcher
