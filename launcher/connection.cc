// SPDX-License-Identifier: Apache-2.0
#include "launcher/connection.hh"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "launcher/interruption.hh"
#include "launcher/joined_network.hh"
#include "launcher/readiness.hh"
#include "nsrun/exit_status.hh"
#include "os/process.hh"

namespace nsrun::launcher {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
// Of looks at a path whose directory tells nothing.
constexpr int kIntervalMilliseconds = 500;

}  // namespace

Connection::Connection(const Options& options, const CallerState& caller,
                       os::PassedSockets& sockets, JoinTarget target)
    : options_(options),
      signals_(kSignals),
      target_(std::move(target)),
      helper_(options, caller, sockets) {}

int Connection::run(Background& background, const std::string& notify_socket) {
  helper_.introduce(open_joined_tap(target_, options_), [this] { return tcp_tables_of(target_); });
  wait_until_ready(helper_, signals_);
  os::set_non_dumpable();
  say_ready(notify_socket, helper_.forward_count());
  background.tell(0);
  background.let_go();
  while (is_wanted_ && !helper_.has_given_up()) serve_once();
  return is_wanted_ ? kExitOwnFailure : 0;
}

void Connection::serve_once() {
  std::array entries{entry_for(signals_.fd()), entry_for(target_.fd()), entry_for(helper_.socket()),
                     entry_for(helper_.pidfd())};
  const int wait = helper_.milliseconds_to_wait();
  wait_for_any(entries, wait < 0 ? kIntervalMilliseconds : std::min(wait, kIntervalMilliseconds));
  if (entries[0].revents != 0) take_signals();
  if (target_.has_ended()) is_wanted_ = false;
  if (is_wanted_) helper_.serve();
}

void Connection::take_signals() {
  while (const auto info = signals_.next()) {
    if (ends_this_program(static_cast<int>(info->ssi_signo))) is_wanted_ = false;
  }
}

}  // namespace nsrun::launcher
