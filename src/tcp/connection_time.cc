// SPDX-License-Identifier: Apache-2.0
//
// What time does to a connection: RFC 6298 retransmission, RFC 9293 section 3.8.6.1 persistence,
// section 3.8.4 keepalives, RFC 5382 section 5 ends of idle connections.
#include <algorithm>

#include "tcp/connection.hh"

namespace nsrun::tcp {
namespace {

using base::Duration;
using base::Time;
using namespace std::chrono_literals;

// RFC 9293 section 3.8.3: R2 of a SYN is at least three minutes for hosts on the Internet; on a
// link of microseconds a guest that stays silent for two is not there.
constexpr uint8_t kSynAttempts = 6;
// 0.1 s doubling: most of a minute for a server that is about to start.
constexpr uint8_t kRefusedAttempts = 9;
constexpr Duration kRefusalPause = 100ms;
// 0.2 s doubling to 60 s: nearly six minutes, beyond R2's 100 seconds.
constexpr uint8_t kDataAttempts = 12;

// RFC 5382 REQ-5: an established connection may be idle for 2 hours 4 minutes before it is given
// up, and then only after a keepalive went unanswered.
constexpr Duration kIdleLimit = 2h + 4min;
constexpr Duration kKeepaliveInterval = 75s;
constexpr uint8_t kKeepalives = 9;
// A half-closed connection is asked soon: the guest's kernel forgets an orphan in FIN-WAIT-2 after
// a minute and then answers with a reset, which ends our side too.
constexpr Duration kHalfClosedIdle = 75s;

}  // namespace

Time Connection::deadline() const noexcept {
  if (state_ == State::kClosed) return base::kNever;
  if (state_ == State::kTimeWait) return time_wait_until_;
  return std::min({retransmit_at_, persist_at_, keepalive_deadline()});
}

void Connection::on_time(Time now, Output& output) noexcept {
  if (state_ == State::kTimeWait && now >= time_wait_until_) apply(Event::kTimeout);
  if (state_ == State::kClosed) return;
  if (now >= retransmit_at_) on_retransmission_timeout(now, output);
  if (now >= persist_at_) on_persist_timeout(now, output);
  if (now >= keepalive_deadline()) on_keepalive_timeout(now, output);
}

void Connection::start_retransmission_timer(Time now) noexcept {
  retransmit_at_ = now + timeout_.current();
}

// RFC 6298 sections 5.2 and 5.3.
void Connection::restart_timers_after_progress(Time now) noexcept {
  attempts_ = 0;
  duplicate_acks_ = 0;
  persist_at_ = base::kNever;
  timeout_.reset_back_off();
  retransmit_at_ = base::kNever;
  if (bytes_in_flight() > 0) start_retransmission_timer(now);
}

void Connection::on_retransmission_timeout(Time now, Output& output) noexcept {
  const bool in_handshake = state_ == State::kSynSent || state_ == State::kSynReceived;
  const uint8_t syn_attempts = settings_.outlasts_refusals ? kRefusedAttempts : kSynAttempts;
  if (attempts_ >= (in_handshake ? syn_attempts : kDataAttempts)) {
    abort(output);
    return;
  }
  ++attempts_;
  timeout_.back_off();
  if (in_handshake) {
    retransmit_oldest(output);
    start_retransmission_timer(now);
  } else {
    start_recovery(now, output);
  }
}

// "Connection refused".
void Connection::refused(Time now) noexcept {
  if (settings_.outlasts_refusals && attempts_ < kRefusedAttempts) {
    retransmit_at_ = std::min(retransmit_at_, now + kRefusalPause * (1 << attempts_));
  } else {
    apply(Event::kReset);
  }
}

void Connection::set_host_waiting(bool is_waiting, Time now) noexcept {
  // With something in flight, its acknowledgment or retransmission brings the window's news.
  const bool must_probe = is_waiting && bytes_in_flight() == 0 && sendable() == 0 && !fin_sent_ &&
                          (state_ == State::kEstablished || state_ == State::kCloseWait);
  if (!must_probe) {
    persist_at_ = base::kNever;
  } else if (persist_at_ == base::kNever) {
    attempts_ = 0;
    persist_at_ = now + timeout_.current();
  }
}

void Connection::on_persist_timeout(Time now, Output& output) noexcept {
  // MUST-37: a window may stay closed for ever, as long as the probes are answered.
  if (attempts_ >= kDataAttempts) {
    abort(output);
    return;
  }
  ++attempts_;
  transmit_probe(output);
  timeout_.back_off();
  persist_at_ = now + timeout_.current();
}

Duration Connection::keepalive_idle() const noexcept {
  return fin_sent_ || fin_received_ ? kHalfClosedIdle : kIdleLimit;
}

Time Connection::keepalive_deadline() const noexcept {
  if (!is_synchronized(state_) || state_ == State::kTimeWait) return base::kNever;
  if (retransmit_at_ != base::kNever || persist_at_ != base::kNever) return base::kNever;
  return keepalives_ == 0 ? last_heard_ + keepalive_idle() : last_keepalive_ + kKeepaliveInterval;
}

void Connection::on_keepalive_timeout(Time now, Output& output) noexcept {
  const bool is_half_closed = fin_sent_ || fin_received_;
  if (keepalives_ >= kKeepalives || (is_half_closed && now >= last_payload_ + kIdleLimit)) {
    abort(output);
    return;
  }
  ++keepalives_;
  last_keepalive_ = now;
  transmit_probe(output);
}

}  // namespace nsrun::tcp
