// SPDX-License-Identifier: Apache-2.0
#include "flow.hh"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hh"

namespace nsrun::soak {
namespace {

using namespace std::chrono_literals;

constexpr size_t kPieceBytes = 128U << 10;
constexpr uint64_t kPausesOneIn = 24;
constexpr uint64_t kLongestPauseMicroseconds = 20'000;
// One flow may not keep the others waiting.
constexpr int kPiecesPerTurn = 4;

// Bounds for waits, far beyond what a busy machine needs.
constexpr base::Duration kPatience = 270s;
constexpr base::Duration kPatienceForResets = 30s;

std::array<std::byte, kPieceBytes> piece;
std::array<std::byte, kPieceBytes> expected;

}  // namespace

Flow::Flow(base::Fd socket, Side side, uint64_t seed, const Limits& limits, base::Time now)
    : socket_(std::move(socket)),
      side_(side),
      seed_(seed),
      plan_(seed, limits.most_bytes),
      has_pauses_(limits.has_pauses),
      random_(seed + static_cast<uint64_t>(side) + 1),
      own_(seed, side),
      others_(seed, other(side)),
      last_progress_(now) {}

uint32_t Flow::events() const noexcept {
  uint32_t events = 0;
  if (reads_from_ == base::kNever && !other_has_half_closed_) events |= EPOLLIN;
  if (writes_from_ == base::kNever && has_to_send()) events |= EPOLLOUT;
  return events;
}

bool Flow::proceed(uint32_t ready, base::Time now) {
  const bool has_ended = (ready & (EPOLLERR | EPOLLHUP)) != 0;
  // Nothing can come any more; a pause would only hide what did.
  if (has_ended) reads_from_ = writes_from_ = base::kNever;
  bool moved = false;
  for (int i = 0; i < kPiecesPerTurn && outcome_ == Outcome::kRunning; ++i) {
    bool moves = false;
    if (((ready & EPOLLIN) != 0 || has_ended) && reads_from_ == base::kNever &&
        !other_has_half_closed_) {
      moves = read_some(now);
    }
    if (outcome_ == Outcome::kRunning && writes_from_ == base::kNever && has_to_send()) {
      moves = write_some(now) || moves;
    }
    if (!moves) break;
    moved = true;
  }
  if (moved) last_progress_ = now;
  return moved;
}

base::Time Flow::resumes_at() const noexcept { return std::min(reads_from_, writes_from_); }

void Flow::end_pauses(base::Time now) noexcept {
  if (reads_from_ <= now) reads_from_ = base::kNever;
  if (writes_from_ <= now) writes_from_ = base::kNever;
}

void Flow::end_if_stalled(base::Time now) {
  const base::Duration idle = now - last_progress_;
  if (is_killed_there() && idle > kPatienceForResets) {
    outcome_ = Outcome::kUnseen;
  } else if (idle > kPatience) {
    wrong("nothing moves any more");
  }
}

bool Flow::read_some(base::Time now) {
  const size_t wanted = 1 + random_.of_any_magnitude(kPieceBytes - 1);
  const ssize_t count = recv(socket_.number(), piece.data(), wanted, MSG_DONTWAIT);
  if (count < 0) {
    if (errno != EAGAIN) broken(errno, "receive");
    return false;
  }
  if (count == 0) {
    end_of_stream();
    return true;
  }
  const auto bytes = static_cast<size_t>(count);
  if (received_ + bytes > plan_.bytes_of(other(side_))) {
    wrong(fmt::format("more than {} bytes came", plan_.bytes_of(other(side_))));
    return true;
  }
  others_.fill(received_, std::span(expected).first(bytes));
  const auto [found, planned] =
      std::mismatch(piece.begin(), piece.begin() + count, expected.begin());
  if (found != piece.begin() + count) {
    wrong(fmt::format("the byte at {} is {:#x}, expected {:#x}",
                      received_ + static_cast<uint64_t>(found - piece.begin()),
                      static_cast<unsigned>(*found), static_cast<unsigned>(*planned)));
    return true;
  }
  received_ += bytes;
  if (has_pauses_ && random_.one_in(kPausesOneIn)) reads_from_ = pause_from(now);
  return true;
}

bool Flow::write_some(base::Time now) {
  if (kill_if_due()) return true;
  uint64_t limit = plan_.bytes_of(side_);
  if (plan_.kill && plan_.kill->killer == side_) limit = plan_.kill->after_bytes;
  const size_t size =
      std::min<uint64_t>(1 + random_.of_any_magnitude(kPieceBytes - 1), limit - sent_);
  if (size == 0) {
    shutdown(socket_.number(), SHUT_WR);
    has_half_closed_ = true;
    finish_if_done();
    return true;
  }
  own_.fill(sent_, std::span(piece).first(size));
  const ssize_t count = send(socket_.number(), piece.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count < 0) {
    if (errno != EAGAIN) broken(errno, "send");
    return false;
  }
  sent_ += static_cast<uint64_t>(count);
  if (has_pauses_ && random_.one_in(kPausesOneIn)) writes_from_ = pause_from(now);
  return true;
}

bool Flow::kill_if_due() {
  if (!plan_.kill || plan_.kill->killer != side_ || sent_ < plan_.kill->after_bytes) return false;
  const linger reset{1, 0};
  setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  socket_.close();
  outcome_ = Outcome::kKilledHere;
  return true;
}

void Flow::end_of_stream() {
  if (received_ != plan_.bytes_of(other(side_))) {
    wrong(fmt::format("the stream ended after {} of {} bytes", received_,
                      plan_.bytes_of(other(side_))));
    return;
  }
  if (is_killed_there()) {
    wrong("an end of stream came instead of a reset");
    return;
  }
  other_has_half_closed_ = true;
  finish_if_done();
}

void Flow::broken(int error, const char* attempted) {
  const bool is_reset = error == ECONNRESET || error == EPIPE;
  if (is_reset && is_killed_there()) {
    outcome_ = Outcome::kKilledThere;
  } else {
    wrong(fmt::format("{}: {}", attempted, base::error_text(error)));
  }
}

void Flow::wrong(const std::string& what) {
  outcome_ = Outcome::kWrong;
  mistake_ = fmt::format("flow {:#x}: {} (sent {} of {}, received {} of {})", seed_, what, sent_,
                         plan_.bytes_of(side_), received_, plan_.bytes_of(other(side_)));
}

void Flow::finish_if_done() {
  if (has_half_closed_ && other_has_half_closed_) outcome_ = Outcome::kClean;
}

bool Flow::is_killed_there() const noexcept { return plan_.kill && plan_.kill->killer != side_; }

bool Flow::may_send() const noexcept { return plan_.waits != side_ || other_has_half_closed_; }

bool Flow::has_to_send() const noexcept { return may_send() && !has_half_closed_; }

base::Time Flow::pause_from(base::Time now) noexcept {
  return now + std::chrono::microseconds(random_.of_any_magnitude(kLongestPauseMicroseconds));
}

}  // namespace nsrun::soak
