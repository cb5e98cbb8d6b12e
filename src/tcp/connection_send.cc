// SPDX-License-Identifier: Apache-2.0
//
// Segments to the guest: RFC 9293 section 3.8.
#include <algorithm>

#include "tcp/connection.hh"

namespace nsrun::tcp {
namespace {

using base::Time;

// Window scale that we offer (RFC 7323): windows of up to 16 MiB in steps of 256 bytes.
constexpr uint8_t kOurShift = 8;

}  // namespace

Connection::Connection(const Settings& settings, const Segment* syn, Sequence initial_sequence,
                       Time now) noexcept
    : settings_(settings),
      send_unacknowledged_(initial_sequence),
      send_next_(initial_sequence),
      recovery_end_(initial_sequence),
      receive_room_(settings.receive_limit_bytes),
      last_heard_(now),
      last_payload_(now),
      next_challenge_(now) {
  if (syn == nullptr) {
    state_ = State::kSynSent;
    return;
  }
  accept_peer_options(*syn);
  receive_next_ = receive_offered_ = receive_edge_ = syn->sequence + 1;
  send_window_ = send_window_max_ = syn->window;
  window_sequence_ = syn->sequence;
}

void Connection::apply(Event event) noexcept {
  if (const auto state = next(state_, event)) state_ = *state;
  if (state_ == State::kClosed || state_ == State::kTimeWait) {
    retransmit_at_ = persist_at_ = base::kNever;
    queue_.release_all();
  }
}

void Connection::open(Time now, Output& output) noexcept {
  send_next_ = send_unacknowledged_ + 1;
  timed_end_ = send_next_;
  timed_since_ = now;
  transmit_syn(output);
  start_retransmission_timer(now);
}

void Connection::host_connected(Time now, Output& output) noexcept {
  apply(Event::kHostConnected);
  open(now, output);
}

void Connection::abort(Output& output) noexcept {
  if (state_ == State::kConnecting) {
    // As a closed port answers (section 3.10.7.1).
    Segment refusal;
    refusal.flags.rst = refusal.flags.ack = true;
    refusal.acknowledgment = receive_next_;
    output.transmit(refusal, peer_mss_);
  } else if (state_ != State::kClosed && state_ != State::kSynSent && state_ != State::kTimeWait) {
    transmit_control({.rst = true, .ack = true}, send_next_, output);
  }
  apply(Event::kReset);
}

void Connection::set_receive_room(uint32_t bytes) noexcept {
  receive_room_ = std::min(bytes, settings_.receive_limit_bytes);
  if (!is_synchronized(state_) || fin_received_) return;
  // Section 3.8.6.2.2: tell of a larger window only when it is worth a segment.
  const uint32_t announced = static_cast<uint32_t>(receive_edge_ - receive_next_);
  const uint32_t worth = std::min<uint32_t>(settings_.receive_limit_bytes / 2, 2U * settings_.mss);
  if (announced < worth && receive_room_ >= announced + worth) needs_ack_ = true;
}

uint16_t Connection::window_to_announce(bool in_syn) noexcept {
  // RFC 7323 section 2.2: the window of a SYN is never scaled.
  const unsigned shift = peer_scales_ && !in_syn ? kOurShift : 0;
  const uint32_t most = uint32_t{UINT16_MAX} << shift;
  // The right edge never moves back (section 3.8.6, SHLD-14), but for what scaling rounds off, less
  // than 2^kOurShift bytes (RFC 7323 section 2.4). What was promised is taken nevertheless.
  const Sequence edge = wire::latest(receive_edge_, receive_next_ + receive_room_);
  const uint32_t window = std::min(static_cast<uint32_t>(edge - receive_next_), most) >> shift;
  receive_edge_ = wire::latest(receive_edge_, receive_next_ + (window << shift));
  return static_cast<uint16_t>(window);
}

void Connection::transmit_control(Flags flags, Sequence sequence, Output& output,
                                  std::span<const SackBlock> sack) noexcept {
  Segment segment;
  segment.sequence = sequence;
  segment.flags = flags;
  if (flags.ack) {
    segment.acknowledgment = receive_next_;
    segment.window = window_to_announce();
    needs_ack_ = false;
  }
  segment.sack = sack;
  output.transmit(segment, peer_mss_);
}

void Connection::transmit_syn(Output& output) noexcept {
  Segment segment;
  segment.sequence = send_unacknowledged_;
  segment.flags.syn = true;
  segment.syn_options.mss = settings_.mss;
  if (state_ == State::kSynSent) {
    segment.syn_options.window_shift = kOurShift;
    segment.syn_options.sack_permitted = true;
    segment.window = static_cast<uint16_t>(std::min<uint32_t>(receive_room_, UINT16_MAX));
  } else {
    segment.flags.ack = true;
    segment.acknowledgment = receive_next_;
    if (peer_scales_) segment.syn_options.window_shift = kOurShift;
    segment.syn_options.sack_permitted = peer_takes_sack_;
    segment.window = window_to_announce(/*in_syn=*/true);
  }
  output.transmit(segment, peer_mss_);
}

void Connection::transmit_acknowledgment(Output& output, std::span<const SackBlock> sack) noexcept {
  transmit_control({.ack = true}, send_next_, output, sack);
}

void Connection::flush(Output& output, std::span<const SackBlock> early) noexcept {
  if (!peer_takes_sack_) early = {};
  const int due = (needs_ack_ ? 1 : 0) + duplicates_owed_;
  needs_ack_ = false;
  duplicates_owed_ = 0;
  for (int sent = 0; sent < due && state_ != State::kClosed; ++sent) {
    transmit_acknowledgment(output, early);
  }
}

uint32_t Connection::sendable() const noexcept {
  if ((state_ != State::kEstablished && state_ != State::kCloseWait) || fin_sent_) return 0;
  const uint32_t in_flight = bytes_in_flight();
  const uint32_t limit = std::min(send_window_, settings_.send_limit_bytes);
  if (in_flight >= limit) return 0;
  const uint32_t room = limit - in_flight;
  // Section 3.8.6.2.1, silly window: wait for more room unless nothing else would bring news.
  const uint32_t worthwhile = std::min<uint32_t>(peer_mss_, send_window_max_ / 2);
  return room >= worthwhile || in_flight == 0 ? room : 0;
}

void Connection::send(Chunk* chunk, Time now, Output& output) noexcept {
  chunk->first = send_next_;
  queue_.push(chunk);
  send_next_ = chunk->end();
  last_payload_ = now;
  persist_at_ = base::kNever;
  if (timed_since_ == base::kNever && !in_recovery_) {
    timed_since_ = now;
    timed_end_ = send_next_;
  }
  if (retransmit_at_ == base::kNever) start_retransmission_timer(now);
  transmit_chunk(*chunk, chunk->length, output);
}

void Connection::finish(Time now, Output& output) noexcept {
  if (fin_sent_ || (state_ != State::kEstablished && state_ != State::kCloseWait)) return;
  fin_sent_ = true;
  persist_at_ = base::kNever;
  transmit_control({.fin = true, .ack = true}, send_next_, output);
  send_next_ = send_next_ + 1;
  apply(Event::kFinSent);
  if (retransmit_at_ == base::kNever) start_retransmission_timer(now);
}

// What is not acknowledged of the chunk, at most `limit` bytes.
void Connection::transmit_chunk(const Chunk& chunk, uint32_t limit, Output& output) noexcept {
  const uint32_t done = send_unacknowledged_ > chunk.first
                            ? static_cast<uint32_t>(send_unacknowledged_ - chunk.first)
                            : 0;
  Segment segment;
  segment.sequence = chunk.first + done;
  segment.acknowledgment = receive_next_;
  segment.flags.ack = segment.flags.psh = true;
  segment.window = window_to_announce();
  segment.payload =
      base::Bytes(chunk.data, chunk.length).subspan(done, std::min(chunk.length - done, limit));
  needs_ack_ = false;
  output.transmit(segment, peer_mss_);
}

// Both a zero-window probe (section 3.8.6.1) and a keepalive (section 3.8.4): a number that the
// guest is past makes it tell us its window.
void Connection::transmit_probe(Output& output) noexcept {
  transmit_control({.ack = true}, send_unacknowledged_ - 1, output);
}

void Connection::retransmit_oldest(Output& output) noexcept {
  ++retransmits_;
  timed_since_ = base::kNever;  // Karn's algorithm
  if (state_ == State::kSynSent || state_ == State::kSynReceived) {
    transmit_syn(output);
  } else if (const Chunk* oldest = queue_.front()) {
    // The guest may have taken back a part of its window; one segment then serves as the probe.
    const uint32_t limit = std::max<uint32_t>(send_window_, peer_mss_);
    retransmitted_end_ = wire::earliest(oldest->end(), send_unacknowledged_ + limit);
    transmit_chunk(*oldest, limit, output);
  } else if (fin_sent_) {
    retransmitted_end_ = send_next_;
    transmit_control({.fin = true, .ack = true}, send_next_ - 1, output);
  }
}

}  // namespace nsrun::tcp
