// SPDX-License-Identifier: Apache-2.0
//
// Segments from the guest: RFC 9293 section 3.10.7, in its order, with RFC 5961's stricter checks.
#include <algorithm>

#include "tcp/connection.hh"

namespace nsrun::tcp {

using base::Bytes;
using base::Time;

Bytes Connection::receive(const Segment& segment, Time now, Output& output) noexcept {
  switch (state_) {
    case State::kClosed:
      return {};
    case State::kConnecting:
      // A repeated SYN waits for the host like the first; a reset takes the SYN back.
      if (segment.flags.rst && segment.sequence == receive_next_) apply(Event::kReset);
      return {};
    case State::kSynSent:
      return receive_in_syn_sent(segment, now, output);
    default:
      break;
  }
  if (!is_acceptable(segment)) {  // First
    answer_unacceptable(segment, now, output);
    return {};
  }
  last_heard_ = now;
  keepalives_ = 0;
  if (segment.flags.rst) {  // Second. RFC 5961 section 3.2: only the exact number resets.
    if (segment.sequence == receive_next_ || segment.sequence == receive_offered_) {
      apply(Event::kReset);
    } else {
      challenge(now, output);
    }
    return {};
  }
  if (segment.flags.syn) {  // Fourth. RFC 5961 section 4.2.
    challenge(now, output);
    return {};
  }
  if (!segment.flags.ack) return {};
  if (!handle_acknowledgment(segment, now, output)) return {};  // Fifth
  const Bytes payload = accept_payload(segment);                // Seventh and eighth
  if (!payload.empty()) last_payload_ = now;
  return payload;
}

// Section 3.10.7.3.
Bytes Connection::receive_in_syn_sent(const Segment& segment, Time now, Output& output) noexcept {
  const bool acknowledges_syn = segment.flags.ack &&
                                send_unacknowledged_ < segment.acknowledgment &&
                                segment.acknowledgment <= send_next_;
  if (segment.flags.ack && !acknowledges_syn) {
    if (const auto reset = reset_for(segment)) output.transmit(*reset, peer_mss_);
    return {};
  }
  if (segment.flags.rst) {
    if (acknowledges_syn) refused(now);
    return {};
  }
  if (!segment.flags.syn) return {};
  last_heard_ = now;
  accept_peer_options(segment);
  receive_next_ = receive_offered_ = receive_edge_ = segment.sequence + 1;
  window_sequence_ = segment.sequence - 1;  // so that the window below is taken
  if (!acknowledges_syn) {                  // simultaneous open
    apply(Event::kSynReceived);
    transmit_syn(output);
    return {};
  }
  send_unacknowledged_ = segment.acknowledgment;
  measure_round_trip(now);
  update_send_window(segment);
  restart_timers_after_progress(now);
  apply(Event::kSynAckReceived);
  needs_ack_ = true;
  return {};
}

// The table in section 3.4: does the segment touch the window that we announced?
bool Connection::is_acceptable(const Segment& segment) const noexcept {
  const uint32_t window = static_cast<uint32_t>(receive_edge_ - receive_next_);
  const uint32_t length = segment.sequence_length();
  if (length == 0 && window == 0) return segment.sequence == receive_next_;
  const auto is_inside = [&](Sequence sequence) {
    return sequence.is_in_window(receive_next_, window);
  };
  if (length == 0) {
    // A bare ACK or reset behind data of this batch may stand exactly at the window's end.
    return is_inside(segment.sequence) || segment.sequence == receive_offered_;
  }
  return window > 0 && (is_inside(segment.sequence) || is_inside(segment.sequence + (length - 1)));
}

void Connection::answer_unacceptable(const Segment& segment, Time now, Output& output) noexcept {
  if (segment.flags.rst) return;
  if (segment.flags.syn && state_ == State::kSynReceived && segment.sequence + 1 == receive_next_) {
    if (!segment.flags.ack) {
      transmit_syn(output);  // the guest has not seen our SYN-ACK
      return;
    }
    // The SYN-ACK of a simultaneous open (section 3.5, figure 8) acknowledges our SYN.
    if (handle_acknowledgment(segment, now, output)) needs_ack_ = true;
    return;
  }
  // Section 3.10.7.4, eighth: a FIN sent again begins TIME-WAIT anew.
  if (state_ == State::kTimeWait && segment.flags.fin) time_wait_until_ = now + kTimeWait;
  // RFC 9293 section 3.10.7.4: even when the window is closed, valid ACKs are honoured; a guest
  // that probes our closed window may carry one.
  if (segment.flags.ack && !segment.flags.syn && segment.sequence + 1 >= receive_next_ &&
      segment.sequence <= receive_edge_) {
    last_heard_ = now;
    keepalives_ = 0;
    if (!handle_acknowledgment(segment, now, output)) return;
  }
  if (segment.payload.empty()) {
    challenge(now, output);  // keepalives too: at most one answer per interval is enough for them
  } else {
    needs_ack_ = true;
  }
}

// RFC 5961 section 5.2.
bool Connection::is_credible(Sequence acknowledgment) const noexcept {
  return acknowledgment <= send_next_ && acknowledgment >= send_unacknowledged_ - send_window_max_;
}

// False when the segment must not be looked at any further.
bool Connection::handle_acknowledgment(const Segment& segment, Time now, Output& output) noexcept {
  const Sequence acknowledgment = segment.acknowledgment;
  if (state_ == State::kSynReceived) {
    if (!(send_unacknowledged_ < acknowledgment && acknowledgment <= send_next_)) {
      if (const auto reset = reset_for(segment)) output.transmit(*reset, peer_mss_);
      return false;
    }
    apply(Event::kAckOfSyn);
    window_sequence_ = segment.sequence - 1;  // so that the window below is taken
  }
  if (!is_credible(acknowledgment)) {
    challenge(now, output);
    return false;
  }
  if (acknowledgment > send_unacknowledged_) {
    acknowledged_new(segment, now, output);
  } else if (acknowledgment == send_unacknowledged_) {
    acknowledged_nothing(segment, now, output);
  }
  return state_ != State::kClosed;
}

void Connection::acknowledged_new(const Segment& segment, Time now, Output& output) noexcept {
  send_unacknowledged_ = segment.acknowledgment;
  queue_.acknowledge(send_unacknowledged_);
  measure_round_trip(now);
  update_send_window(segment);
  restart_timers_after_progress(now);
  if (in_recovery_ && send_unacknowledged_ >= recovery_end_) {
    in_recovery_ = false;
  } else if (in_recovery_ && send_unacknowledged_ >= retransmitted_end_) {
    retransmit_oldest(output);  // RFC 6582 section 3.2: a partial acknowledgment, the next hole
  } else if (!in_recovery_ && send_unacknowledged_ > recovery_end_) {
    recovery_end_ = send_unacknowledged_ - 1;  // never 2^31 behind
  }
  // Our FIN is the last byte of the sequence.
  if (fin_sent_ && send_unacknowledged_ == send_next_) {
    apply(Event::kAckOfFin);
    if (state_ == State::kTimeWait) time_wait_until_ = now + kTimeWait;
  }
}

void Connection::acknowledged_nothing(const Segment& segment, Time now, Output& output) noexcept {
  const uint32_t old_window = send_window_;
  update_send_window(segment);
  if (persist_at_ != base::kNever || old_window < bytes_in_flight()) {
    answered_behind_window(old_window, now, output);
  }
  // RFC 5681 section 2's definition of a duplicate acknowledgment.
  const bool is_duplicate = segment.sequence_length() == 0 && send_window_ == old_window &&
                            bytes_in_flight() > 0 && !queue_.is_empty();
  // RFC 6582 section 3.2, step 2: those of the last recovery's own retransmissions do not count.
  if (!is_duplicate || in_recovery_ || send_unacknowledged_ <= recovery_end_) return;
  // RFC 5827: with few chunks in flight three duplicates may never come.
  const uint32_t threshold = std::clamp(queue_.count(), 2U, 4U) - 1;
  if (++duplicate_acks_ >= threshold) start_recovery(now, output);
}

// Everything in flight may be lost: each partial acknowledgment brings the next piece.
void Connection::start_recovery(Time now, Output& output) noexcept {
  in_recovery_ = true;
  recovery_end_ = send_next_;
  duplicate_acks_ = 0;
  retransmit_oldest(output);
  start_retransmission_timer(now);
}

// The guest lets nothing more in, but it lives: section 3.8.6.1 lets its window be closed for ever,
// and section 3.8.6 even when it had announced a larger one before we sent.
void Connection::answered_behind_window(uint32_t old_window, Time now, Output& output) noexcept {
  attempts_ = 0;
  if (send_window_ <= old_window) return;
  persist_at_ = base::kNever;
  timeout_.reset_back_off();
  // It dropped what it had no room for (Linux does when memory is short), and has room again.
  if (old_window == 0 && bytes_in_flight() > 0) start_recovery(now, output);
}

void Connection::measure_round_trip(Time now) noexcept {
  if (timed_since_ == base::kNever || timed_end_ > send_unacknowledged_) return;
  timeout_.measured(now - timed_since_);
  timed_since_ = base::kNever;
}

void Connection::update_send_window(const Segment& segment) noexcept {
  const bool is_newer =
      window_sequence_ < segment.sequence ||
      (window_sequence_ == segment.sequence && window_acknowledgment_ <= segment.acknowledgment);
  if (!is_newer) return;
  const unsigned shift = segment.flags.syn ? 0U : peer_shift_;  // RFC 7323 section 2.2
  send_window_ = uint32_t{segment.window} << shift;
  send_window_max_ = std::max(send_window_max_, send_window_);
  window_sequence_ = segment.sequence;
  window_acknowledgment_ = segment.acknowledgment;
}

bool Connection::may_receive() const noexcept {
  return (state_ == State::kEstablished || state_ == State::kFinWait1 ||
          state_ == State::kFinWait2) &&
         !fin_offered_;
}

bool Connection::is_early(const Segment& segment) const noexcept {
  const uint32_t length = segment.sequence_length();
  return may_receive() && length > 0 && segment.flags.ack && !segment.flags.syn &&
         !segment.flags.rst && segment.sequence > receive_offered_ &&
         segment.sequence + length <= receive_edge_ && is_credible(segment.acknowledgment);
}

Bytes Connection::receive_early(const Segment& segment) noexcept {
  // The hole that they were for is filled.
  duplicates_owed_ = 0;
  return accept_payload(segment);
}

Bytes Connection::accept_payload(const Segment& segment) noexcept {
  if (!may_receive()) {
    if (segment.sequence_length() > 0) needs_ack_ = true;  // a FIN sent again
    return {};
  }
  if (segment.sequence > receive_offered_) {
    // A hole. RFC 5681 section 4.2: one duplicate each, behind this batch's acknowledgment, so that
    // the guest counts three for the byte that is really missing.
    if (segment.sequence_length() > 0 && duplicates_owed_ < 3) ++duplicates_owed_;
    return {};
  }
  if (segment.sequence_length() > 0) needs_ack_ = true;
  Bytes payload = segment.payload;
  const uint32_t known = static_cast<uint32_t>(receive_offered_ - segment.sequence);
  if (known > payload.size()) return {};
  payload = payload.subspan(known);
  const uint32_t room = static_cast<uint32_t>(receive_edge_ - receive_offered_);
  const bool is_cut = payload.size() > room;
  if (is_cut) payload = payload.first(room);
  receive_offered_ = receive_offered_ + static_cast<uint32_t>(payload.size());
  fin_offered_ = segment.flags.fin && !is_cut;
  return payload;
}

void Connection::commit(size_t taken) noexcept {
  const uint32_t offered = static_cast<uint32_t>(receive_offered_ - receive_next_);
  const bool is_everything = taken >= offered;
  const uint32_t kept = is_everything ? offered : static_cast<uint32_t>(taken);
  receive_next_ = receive_offered_ = receive_next_ + kept;
  if (kept > 0) needs_ack_ = true;  // an acknowledgment sent within the batch did not cover it
  const bool fin_is_next = fin_offered_ && is_everything;
  fin_offered_ = false;
  if (!fin_is_next || fin_received_) return;
  receive_next_ = receive_offered_ = receive_next_ + 1;
  if (receive_edge_ < receive_next_) receive_edge_ = receive_next_;
  fin_received_ = true;
  needs_ack_ = true;
  apply(Event::kFinReceived);
  if (state_ == State::kTimeWait) time_wait_until_ = last_heard_ + kTimeWait;
}

void Connection::accept_peer_options(const Segment& syn) noexcept {
  if (syn.syn_options.mss != 0) peer_mss_ = std::max<uint16_t>(syn.syn_options.mss, kMinimumMss);
  peer_mss_ = std::min(peer_mss_, settings_.mss);  // section 3.7.1: nor more than our link takes
  peer_takes_sack_ = syn.syn_options.sack_permitted;
  peer_scales_ = syn.syn_options.window_shift.has_value();
  // RFC 7323 section 2.3: more than 14 counts as 14.
  peer_shift_ = std::min<uint8_t>(syn.syn_options.window_shift.value_or(0), 14);
}

// RFC 5961 section 7: challenge ACKs are limited in rate.
void Connection::challenge(Time now, Output& output) noexcept {
  if (now < next_challenge_) return;
  next_challenge_ = now + kChallengeInterval;
  transmit_acknowledgment(output);
}

bool Connection::yields_to(const Segment& syn) const noexcept {
  return state_ == State::kTimeWait && syn.flags.syn && !syn.flags.ack && !syn.flags.rst &&
         syn.sequence > receive_next_;
}

}  // namespace nsrun::tcp
