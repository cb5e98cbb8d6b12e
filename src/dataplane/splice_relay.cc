// SPDX-License-Identifier: Apache-2.0
#include "dataplane/splice_relay.hh"

#include <fmt/format.h>

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
// So a spare pipe that nobody has needed for so long is closed.
constexpr base::Duration kSpareInterval = std::chrono::milliseconds(500);
// What a service may have for each place that is free.
constexpr size_t kShare = 3;
// When the system has no pipe for us.
constexpr base::Duration kRetryInterval = std::chrono::milliseconds(20);

}  // namespace

SpliceRelay::SpliceRelay(loop::Loop& loop, base::Duration patience)
    : loop_(loop),
      patience_(patience),
      named_(os::random_value<wire::SipHashKey>()),
      close_pipes_(loop, [this](base::Time now) { close_unused_pipes(now); }),
      next_turns_(loop, [](base::Time) {}) {
  turns_.reserve(kMostPairs);
  taking_.reserve(kMostPairs);
  spare_pipes_.reserve(kSparePipes);
}

SpliceRelay::~SpliceRelay() = default;

void SpliceRelay::join(base::Fd client, os::ConnectAttempt server, const PairName& name,
                       OnRefused on_refused, std::optional<base::Duration> patience) noexcept {
  if (server.error != 0 && server.error != EINPROGRESS) {
    on_refused(std::move(client), server.error);
    return;
  }
  meet(hold(std::move(client), name, std::move(on_refused), patience), server);
}

// A client that has no place is reset as it is closed.
uint64_t SpliceRelay::hold(base::Fd client, const PairName& name, OnRefused on_refused,
                           std::optional<base::Duration> patience) noexcept {
  try {
    if (has_place_for(name.service())) {
      adopt(std::move(client), name, patience.value_or(patience_), std::move(on_refused));
      return last_number_;
    }
    tell_refusal(fmt::format("{} has its share of the limit of {} spliced connections",
                             name.service(), kMostPairs)
                     .c_str());
  } catch (const base::SystemError& error) {
    tell_refusal(error.what());
  } catch (const std::exception&) {
    tell_refusal("out of memory");
  }
  return 0;
}

bool SpliceRelay::has_place_for(const wire::Endpoint& service) const noexcept {
  const auto found = pairs_of_.find(service);
  const size_t has = found == pairs_of_.end() ? 0 : found->second;
  return has < kShare * (kMostPairs - pairs_.size());
}

void SpliceRelay::adopt(base::Fd client, const PairName& name, base::Duration patience,
                        OnRefused on_refused) {
  named_.reserve_one();
  auto pair = std::make_unique<SplicedPair>(*this, loop_, ++last_number_, std::move(client), name,
                                            patience, std::move(on_refused));
  SplicedPair* raw = pair.get();
  size_t& count = pairs_of_[name.service()];
  pairs_.emplace(last_number_, std::move(pair));
  ++count;
  if (!has(name.key)) named_.insert(raw);
}

SplicedPair* SpliceRelay::find_waiting(uint64_t number) const noexcept {
  const auto found = pairs_.find(number);
  return found != pairs_.end() && found->second->is_waiting() ? found->second.get() : nullptr;
}

bool SpliceRelay::is_waiting(uint64_t number) const noexcept {
  return find_waiting(number) != nullptr;
}

bool SpliceRelay::meet(uint64_t number, os::ConnectAttempt& server) noexcept {
  SplicedPair* pair = find_waiting(number);
  if (pair == nullptr) return false;
  pair->meet(std::move(server));
  return true;
}

void SpliceRelay::tell_refusal(const char* why) noexcept {
  uint64_t suppressed = 0;
  if (!refusal_log_.allows(loop_.now(), suppressed)) return;
  base::log::warning(
      "reset a connection past the TAP: {} ({} more since the last message; {} are open)", why,
      suppressed, pairs_.size());
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
    if (pair->is_over()) forget(*pair);
  }
  taking_.clear();
  if (turns_.empty()) return;
  next_turns_.set(loop_.now() +
                  (std::exchange(lacks_pipes_, false) ? kRetryInterval : base::Duration{}));
}

void SpliceRelay::forget(SplicedPair& pair) noexcept {
  std::erase(turns_, &pair);
  release_name(pair);
  const auto count = pairs_of_.find(pair.service());
  if (--count->second == 0) pairs_of_.erase(count);
  pairs_.erase(pair.number());
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

void SpliceRelay::release_name(const SplicedPair& pair) noexcept {
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
  unused_pipes_ = std::min(unused_pipes_, spare_pipes_.size());
  return pipe;
}

void SpliceRelay::give_back(os::Pipe pipe) noexcept {
  if (spare_pipes_.size() == kSparePipes) return;
  spare_pipes_.push_back(std::move(pipe));
  if (close_pipes_.deadline() != base::kNever) return;
  unused_pipes_ = spare_pipes_.size();
  close_pipes_.set(loop_.now() + kSpareInterval);
}

// The last one that was given back is the next to be taken: the first ones are those.
void SpliceRelay::close_unused_pipes(base::Time now) noexcept {
  spare_pipes_.erase(spare_pipes_.begin(),
                     spare_pipes_.begin() + static_cast<ptrdiff_t>(unused_pipes_));
  unused_pipes_ = spare_pipes_.size();
  if (unused_pipes_ > 0) close_pipes_.set(now + kSpareInterval);
}

}  // namespace nsrun::dataplane
