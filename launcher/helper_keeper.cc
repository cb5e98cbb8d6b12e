// SPDX-License-Identifier: Apache-2.0
#include "launcher/helper_keeper.hh"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <variant>

#include "base/error.hh"
#include "base/log.hh"
#include "os/memory_file.hh"

namespace nsrun::launcher {
namespace {

bool is_readable(base::FdView fd) noexcept {
  pollfd entry{fd.number(), POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

std::string when(base::Duration pause) {
  if (pause == base::Duration::zero()) return "at once";
  return fmt::format("in {} ms",
                     std::chrono::duration_cast<std::chrono::milliseconds>(pause).count());
}

}  // namespace

HelperKeeper::HelperKeeper(const Options& options, const CallerState& caller,
                           os::PassedSockets& sockets)
    : options_(options),
      caller_(caller),
      sockets_(sockets),
      process_(HelperProcess::start(options, caller, sockets)) {}

void HelperKeeper::introduce(os::Tap tap, FlowTables tables) {
  tap_ = std::move(tap);
  tables_ = std::move(tables);
  process_->introduce(tap_.fd);
}

std::optional<Answer> HelperKeeper::take_first_answer() {
  auto answer = take_message();
  if (!socket_is_open_) {
    return Answer{.is_ready = false,
                  .reason = fmt::format("the network helper ended before it was ready ({})",
                                        process_->how_it_ended())};
  }
  if (answer && answer->is_ready) note_readiness(*answer);
  return answer;
}

base::FdView HelperKeeper::socket() const noexcept {
  return process_ && socket_is_open_ ? process_->socket() : base::FdView();
}

base::FdView HelperKeeper::pidfd() const noexcept {
  return process_ ? process_->pidfd() : base::FdView();
}

int HelperKeeper::milliseconds_to_wait() const noexcept {
  if (!restart_at_) return -1;
  const base::Duration left = std::max(*restart_at_ - base::now(), base::Duration::zero());
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

void HelperKeeper::serve() {
  if (is_readable(socket())) {
    if (const auto answer = take_message()) note_readiness(*answer);
  }
  if (is_readable(pidfd())) note_end();
  if (restart_at_ && base::now() >= *restart_at_) start_again();
}

// Changes of forwards are kept here.
std::optional<Answer> HelperKeeper::take_message() {
  const auto received = process_->receive();
  socket_is_open_ = received.has_value();
  if (!received) return std::nullopt;
  if (!*received) return Answer{.is_ready = false, .reason = received->error()};
  const HelperMessage& message = **received;
  if (const auto* answer = std::get_if<Answer>(&message)) return *answer;
  if (const auto* added = std::get_if<ForwardAdded>(&message)) forwards_.apply(*added);
  if (const auto* removed = std::get_if<ForwardRemoved>(&message)) note_removal(*removed);
  return std::nullopt;
}

// A socket of the caller's that is published no more would hold its clients in a queue that nobody
// serves.
void HelperKeeper::note_removal(const ForwardRemoved& removed) {
  if (const auto known = forwards_.by_id().find(removed.id); known != forwards_.by_id().end()) {
    sockets_.take(known->second.forward.transport, known->second.forward.host).close();
  }
  forwards_.apply(removed);
}

void HelperKeeper::note_readiness(const Answer& answer) {
  if (ready_at_) return;  // nobody is ready twice
  if (!answer.is_ready) {
    refusal_ = answer.reason;
    return;
  }
  ready_at_ = base::now();
  if (!is_first_) provoke_resets(tap_, tables_);
}

void HelperKeeper::note_end() {
  // What it told last counts.
  while (is_readable(socket())) {
    if (const auto answer = take_message()) note_readiness(*answer);
  }
  plan_restart(refusal_.empty() ? process_->how_it_ended() : refusal_);
}

void HelperKeeper::plan_restart(const std::string& how_it_ended) {
  process_.reset();
  const auto pause = restarts_.after_death(base::now(), ready_at_);
  if (pause) {
    restart_at_ = base::now() + *pause;
    base::log::warning(
        "the network helper ended ({}): another one starts {}, open connections are lost",
        how_it_ended, when(*pause));
    return;
  }
  restart_at_.reset();
  // With its last descriptor the device goes, and the command sees errors instead of silence.
  tap_.fd.close();
  base::log::error("the network helper ended {} times in a row ({}): {}",
                   HelperRestarts::kMaxQuickDeaths, how_it_ended,
                   options_.command.empty() ? "giving up" : "the command goes on offline");
}

void HelperKeeper::start_again() {
  restart_at_.reset();
  is_first_ = false;
  socket_is_open_ = true;
  refusal_.clear();
  ready_at_.reset();
  try {
    const base::Fd inherited = os::make_memory_file("forwards", encode(forwards_));
    process_ = HelperProcess::start(options_, caller_, sockets_);
    process_->introduce(tap_.fd, inherited);
  } catch (const std::exception& error) {
    plan_restart(error.what());
  }
}

}  // namespace nsrun::launcher
