// SPDX-License-Identifier: Apache-2.0
//
// One TCP connection with the guest, without I/O: segments, host events and the time go in;
// segments (through Output), bytes for the host and a deadline come out. The other end is a host
// socket whose kernel runs the real TCP towards the remote side, so there is no congestion control
// here: doc/tcp.md says what is deliberately absent, and why. What comes early is for the caller to
// keep, who has memory.
//
// Guest to host, once per batch of frames:
//   receive() each segment -> bytes in order; hand them to the host; commit() what it took;
//   flush() sends the one acknowledgment. Nothing is acknowledged before somebody holds it.
// Host to guest:
//   read at most sendable() bytes into a Chunk; send() it; finish() at the host's end of stream;
//   take_released() gives acknowledged chunks back.
//
// Never allocates, never throws. After any call look at state() and guest_finished().
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.hh"
#include "base/time.hh"
#include "tcp/retransmission_timeout.hh"
#include "tcp/segment.hh"
#include "tcp/send_queue.hh"
#include "tcp/state.hh"

namespace nsrun::tcp {

struct Settings {
  uint16_t mss = 1460;  // what we announce: the TAP's MTU less the headers
  // At most this much sent and not acknowledged.
  uint32_t send_limit_bytes = 1 << 20;
  // The window we open when nothing is held.
  uint32_t receive_limit_bytes = 1 << 20;
  // Whether a guest that refuses our SYN is asked again: it may have been started for this client,
  // and its server is not there yet.
  bool outlasts_refusals = false;
};

// A TAP link has no old duplicates beyond the guest's own queues, so TIME-WAIT need not last two
// minutes (RFC 9293 section 3.4.2): it only answers a FIN that the guest sends again, whose retries
// begin at 200 ms.
inline constexpr base::Duration kTimeWait = std::chrono::seconds(2);
inline constexpr base::Duration kChallengeInterval = std::chrono::milliseconds(100);
// A guest that announces less would make us send more header than payload.
inline constexpr uint16_t kMinimumMss = 88;

class Connection {
 public:
  // The guest's SYN arrived (outgoing connection of the guest): waits in kConnecting for
  // host_connected() or abort(). `initial_sequence`: RFC 6528.
  static Connection accept(const Settings& settings, const Segment& syn, Sequence initial_sequence,
                           base::Time now) noexcept {
    return Connection(settings, &syn, initial_sequence, now);
  }
  // A client of a published port: call open() to send the SYN.
  static Connection to_guest(const Settings& settings, Sequence initial_sequence,
                             base::Time now) noexcept {
    return Connection(settings, nullptr, initial_sequence, now);
  }

  State state() const noexcept { return state_; }
  // True once the guest's FIN has been committed: nothing more will come from it.
  bool guest_finished() const noexcept { return fin_received_; }
  // True once finish() was called.
  bool host_finished() const noexcept { return fin_sent_; }

  void open(base::Time now, Output& output) noexcept;            // SYN
  void host_connected(base::Time now, Output& output) noexcept;  // SYN-ACK
  // Gives the connection up with a reset towards the guest.
  void abort(Output& output) noexcept;

  // A segment from the guest. Returns the payload that continues what was received before: a part
  // of segment.payload, possibly empty.
  base::Bytes receive(const Segment& segment, base::Time now, Output& output) noexcept;
  // True for a segment, just received, whose payload or end of stream fits into the window behind a
  // hole: kept, it may be offered to receive_early() once the hole is filled.
  bool is_early(const Segment& segment) const noexcept;
  // Where what receive() and receive_early() have returned ends.
  Sequence expected() const noexcept { return receive_offered_; }
  // Payload and end of stream of a kept segment that begins at or before expected(): as receive().
  base::Bytes receive_early(const Segment& segment) noexcept;
  // How many of the bytes that receive() returned since the last commit() have found a home. The
  // others will be sent again by the guest.
  void commit(size_t taken) noexcept;
  // How much more the host's side can take at once; opens the window accordingly.
  void set_receive_room(uint32_t bytes) noexcept;
  // Sends an acknowledgment when one is due. `early`: what is kept behind holes, the latest first
  // (RFC 2018 section 4), for a guest that wants to know.
  void flush(Output& output, std::span<const SackBlock> early = {}) noexcept;

  // How many bytes send() may take now; 0 while the window is closed or the limit is reached.
  uint32_t sendable() const noexcept;
  // Sends the chunk and keeps it until it is acknowledged. 0 < chunk->length <= sendable().
  void send(Chunk* chunk, base::Time now, Output& output) noexcept;
  // The host has no more to send: FIN. Does nothing before the handshake is complete.
  void finish(base::Time now, Output& output) noexcept;
  // The host has bytes that sendable() does not let pass: probe a closed window.
  void set_host_waiting(bool is_waiting, base::Time now) noexcept;
  [[nodiscard]] Chunk* take_released() noexcept { return queue_.take_released(); }
  // Ends all claims on chunks: afterwards take_released() gives every one of them back.
  void release_all() noexcept { queue_.release_all(); }

  // When on_time() wants to be called.
  base::Time deadline() const noexcept;
  void on_time(base::Time now, Output& output) noexcept;

  // True when a SYN may start a new connection in place of this one (RFC 9293 section 3.10.7.4:
  // TIME-WAIT, and a sequence number beyond the old connection's).
  bool yields_to(const Segment& syn) const noexcept;

  uint32_t bytes_in_flight() const noexcept {
    return static_cast<uint32_t>(send_next_ - send_unacknowledged_);
  }
  uint32_t retransmits() const noexcept { return retransmits_; }
  base::Duration round_trip() const noexcept { return timeout_.smoothed_round_trip(); }
  uint16_t peer_mss() const noexcept { return peer_mss_; }
  // The sequence number of the guest's SYN, while the connection is being opened.
  Sequence peer_initial() const noexcept { return receive_next_ - 1; }

 private:
  Connection(const Settings& settings, const Segment* syn, Sequence initial_sequence,
             base::Time now) noexcept;

  // connection_receive.cc
  base::Bytes receive_in_syn_sent(const Segment& segment, base::Time now, Output& output) noexcept;
  bool is_acceptable(const Segment& segment) const noexcept;
  void answer_unacceptable(const Segment& segment, base::Time now, Output& output) noexcept;
  bool may_receive() const noexcept;
  bool is_credible(Sequence acknowledgment) const noexcept;
  bool handle_acknowledgment(const Segment& segment, base::Time now, Output& output) noexcept;
  void acknowledged_new(const Segment& segment, base::Time now, Output& output) noexcept;
  void acknowledged_nothing(const Segment& segment, base::Time now, Output& output) noexcept;
  void start_recovery(base::Time now, Output& output) noexcept;
  void answered_behind_window(uint32_t old_window, base::Time now, Output& output) noexcept;
  void measure_round_trip(base::Time now) noexcept;
  void update_send_window(const Segment& segment) noexcept;
  base::Bytes accept_payload(const Segment& segment) noexcept;
  void accept_peer_options(const Segment& syn) noexcept;
  void challenge(base::Time now, Output& output) noexcept;

  // connection_send.cc
  void apply(Event event) noexcept;
  uint16_t window_to_announce(bool in_syn = false) noexcept;
  void transmit_control(Flags flags, Sequence sequence, Output& output,
                        std::span<const SackBlock> sack = {}) noexcept;
  void transmit_syn(Output& output) noexcept;
  void transmit_acknowledgment(Output& output, std::span<const SackBlock> sack = {}) noexcept;
  void transmit_chunk(const Chunk& chunk, uint32_t limit, Output& output) noexcept;
  void transmit_probe(Output& output) noexcept;
  void retransmit_oldest(Output& output) noexcept;

  // connection_time.cc
  void start_retransmission_timer(base::Time now) noexcept;
  void restart_timers_after_progress(base::Time now) noexcept;
  void on_retransmission_timeout(base::Time now, Output& output) noexcept;
  void refused(base::Time now) noexcept;
  void on_persist_timeout(base::Time now, Output& output) noexcept;
  void on_keepalive_timeout(base::Time now, Output& output) noexcept;
  base::Time keepalive_deadline() const noexcept;
  base::Duration keepalive_idle() const noexcept;

  // Names of RFC 9293 section 3.3.1 in brackets.
  Settings settings_;
  State state_ = State::kConnecting;
  bool fin_sent_ = false;
  bool fin_received_ = false;
  bool fin_offered_ = false;  // in this batch, behind receive_offered_
  bool needs_ack_ = false;
  bool in_recovery_ = false;
  bool peer_scales_ = false;
  bool peer_takes_sack_ = false;
  uint8_t peer_shift_ = 0;  // Snd.Wind.Shift of RFC 7323
  uint8_t duplicate_acks_ = 0;
  uint8_t duplicates_owed_ = 0;  // for segments of this batch behind a hole
  uint8_t attempts_ = 0;         // retransmissions or probes without an answer
  uint8_t keepalives_ = 0;       // probes without an answer
  uint16_t peer_mss_ = 536;      // RFC 9293 section 3.7.1 (MUST-15), until the SYN says otherwise
  uint32_t retransmits_ = 0;

  Sequence send_unacknowledged_;    // SND.UNA
  Sequence send_next_;              // SND.NXT
  uint32_t send_window_ = 0;        // SND.WND, bytes
  uint32_t send_window_max_ = 0;    // largest SND.WND seen
  Sequence window_sequence_;        // SND.WL1
  Sequence window_acknowledgment_;  // SND.WL2
  Sequence recovery_end_;           // "recover" of RFC 6582; kept after the recovery
  Sequence retransmitted_end_;      // in this recovery

  Sequence receive_next_;     // RCV.NXT
  Sequence receive_offered_;  // RCV.NXT once this batch is committed
  Sequence receive_edge_;     // RCV.NXT + RCV.WND as last announced; never moves back
  uint32_t receive_room_ = 0;

  SendQueue queue_;
  RetransmissionTimeout timeout_;
  Sequence timed_end_;  // the round trip being measured ends with this byte
  base::Time timed_since_ = base::kNever;
  base::Time retransmit_at_ = base::kNever;
  base::Time persist_at_ = base::kNever;
  base::Time time_wait_until_ = base::kNever;
  base::Time last_heard_;
  base::Time last_payload_;
  base::Time last_keepalive_;
  base::Time next_challenge_;
};

}  // namespace nsrun::tcp
