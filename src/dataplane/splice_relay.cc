// SPDX-License-Identifier: Apache-2.0
#include "dataplane/splice_relay.hh"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include "base/error.hh"
#include "dataplane/spliced_pair.hh"
#include "os/random.hh"

namespace nsrun::dataplane {
namespace {

// Pipes kept for reuse: as many directions as may be busy at a time without a system call for it.
constexpr size_t kSparePipes = 16;
// Those of few connections are large, so that they take few system calls. A user has 64 MiB of all
// pipes together (pipe(7), pipe-user-pages-soft).
constexpr size_t kFewPairs = 8;
constexpr size_t kLargePipeBytes = size_t{512} << 10;
// When the system has no pipe for us.
constexpr base::Duration kRetryInterval = std::chrono::milliseconds(20);

}  // namespace

SpliceRelay::SpliceRelay(loop::Loop& loop)
    : loop_(loop),
      named_(os::random_value<wire::SipHashKey>()),
      next_turns_(loop, [](base::Time) {}) {
  turns_.reserve(kMostPairs);
  taking_.reserve(kMostPairs);
  spare_pipes_.reserve(kSparePipes);
  next_turns_.set({});  // allocates now, where that may throw
  next_turns_.cancel();
}

SpliceRelay::~SpliceRelay() = default;

void SpliceRelay::join(base::Fd client, os::ConnectAttempt server, const PairName& name,
                       OnRefused on_refused, base::Duration patience) noexcept {
  if (server.error != 0 && server.error != EINPROGRESS) {
    on_refused(std::move(client), server.error);
    return;
  }
  if (pairs_.size() >= kMostPairs) return refuse(EMFILE);
  try {
    adopt(std::move(client), std::move(server), name, patience, std::move(on_refused));
  } catch (const base::SystemError& error) {
    refuse(error.error_number());
  } catch (const std::exception&) {
    refuse(ENOMEM);
  }
}

void SpliceRelay::adopt(base::Fd client, os::ConnectAttempt server, const PairName& name,
                        base::Duration patience, OnRefused on_refused) {
  named_.reserve_one();
  auto pair = std::make_unique<SplicedPair>(*this, loop_, std::move(client),
                                            std::move(server.socket), server.error == EINPROGRESS,
                                            name, patience, std::move(on_refused));
  SplicedPair* raw = pair.get();
  pairs_.emplace(raw, std::move(pair));
  if (!has(name.key)) named_.insert(raw);
  wants_turn(*raw);
}

// Its sockets are reset as they are closed.
void SpliceRelay::refuse(int error) noexcept {
  uint64_t suppressed = 0;
  if (!refusal_log_.allows(loop_.now(), suppressed)) return;
  base::log::warning(
      "reset a connection past the TAP: {} ({} more since the last message; {} are open)",
      base::error_text(error), suppressed, pairs_.size());
}

void SpliceRelay::wants_turn(SplicedPair& pair) noexcept {
  if (std::exchange(pair.has_turn, true)) return;
  turns_.push_back(&pair);
}

void SpliceRelay::settle() noexcept {
  taking_.swap(turns_);
  for (SplicedPair* pair : taking_) {
    pair->has_turn = false;
    pair->take_turn();
    if (!pair->is_over()) continue;
    std::erase(turns_, pair);
    take_name_off(*pair);
    pairs_.erase(pair);
  }
  taking_.clear();
  if (turns_.empty()) return;
  next_turns_.set(loop_.now() +
                  (std::exchange(lacks_pipes_, false) ? kRetryInterval : base::Duration{}));
}

bool SpliceRelay::has(const wire::FlowKey& key) const noexcept {
  return named_.find(key) != nullptr;
}

std::optional<size_t> SpliceRelay::report_some(size_t position, size_t slots, base::Time now,
                                               std::vector<wire::FlowReport>& reports) const {
  return named_.visit_some(position, slots,
                           [&](const SplicedPair& pair) { reports.push_back(pair.report(now)); });
}

bool SpliceRelay::owes_bytes() const noexcept {
  return std::ranges::any_of(pairs_, [](const auto& entry) { return entry.second->owes_bytes(); });
}

void SpliceRelay::take_name_off(const SplicedPair& pair) noexcept {
  if (named_.find(pair.key()) == &pair) named_.erase(&pair);
}

std::optional<os::Pipe> SpliceRelay::take_pipe() noexcept {
  if (spare_pipes_.empty()) {
    auto made = os::make_pipe();
    lacks_pipes_ |= !made;
    if (made && pairs_.size() <= kFewPairs) os::enlarge_pipe(*made, kLargePipeBytes);
    return made;
  }
  os::Pipe pipe = std::move(spare_pipes_.back());
  spare_pipes_.pop_back();
  return pipe;
}

void SpliceRelay::give_back(os::Pipe pipe) noexcept {
  if (spare_pipes_.size() < kSparePipes) spare_pipes_.push_back(std::move(pipe));
}

}  // namespace nsrun::dataplane
