// SPDX-License-Identifier: Apache-2.0
//
// The states of RFC 9293 section 3.3.2, seen from our side of the TAP link, and one of our own:
// kConnecting stands for LISTEN with a SYN in hand, while the host's connect() is under way. The
// SYN-ACK waits for its outcome.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nsrun::tcp {

enum class State : uint8_t {
  kConnecting,
  kSynSent,
  kSynReceived,
  kEstablished,
  kFinWait1,
  kFinWait2,
  kCloseWait,
  kClosing,
  kLastAck,
  kTimeWait,
  kClosed,
};

// What moves a connection on. "Sent" and "received" as we see it: the guest is the peer.
enum class Event : uint8_t {
  kHostConnected,  // connect() succeeded: SYN-ACK goes out
  kSynAckReceived,
  kSynReceived,  // simultaneous open
  kAckOfSyn,
  kFinReceived,
  kFinSent,
  kAckOfFin,
  kTimeout,  // TIME-WAIT is over
  kReset,    // either side gave up
};

// RFC 9293 figure 5. nullopt: the event means nothing in this state.
constexpr std::optional<State> next(State state, Event event) noexcept {
  if (event == Event::kReset) return State::kClosed;
  switch (state) {
    case State::kConnecting:
      if (event == Event::kHostConnected) return State::kSynReceived;
      break;
    case State::kSynSent:
      if (event == Event::kSynAckReceived) return State::kEstablished;
      if (event == Event::kSynReceived) return State::kSynReceived;
      break;
    case State::kSynReceived:
      if (event == Event::kAckOfSyn) return State::kEstablished;
      break;
    case State::kEstablished:
      if (event == Event::kFinReceived) return State::kCloseWait;
      if (event == Event::kFinSent) return State::kFinWait1;
      break;
    case State::kFinWait1:
      if (event == Event::kFinReceived) return State::kClosing;
      if (event == Event::kAckOfFin) return State::kFinWait2;
      break;
    case State::kFinWait2:
      if (event == Event::kFinReceived) return State::kTimeWait;
      break;
    case State::kCloseWait:
      if (event == Event::kFinSent) return State::kLastAck;
      break;
    case State::kClosing:
      if (event == Event::kAckOfFin) return State::kTimeWait;
      break;
    case State::kLastAck:
      if (event == Event::kAckOfFin) return State::kClosed;
      break;
    case State::kTimeWait:
      if (event == Event::kTimeout) return State::kClosed;
      break;
    case State::kClosed:
      break;
  }
  return std::nullopt;
}

static_assert(next(State::kEstablished, Event::kFinReceived) == State::kCloseWait);
static_assert(next(State::kFinWait1, Event::kFinReceived) == State::kClosing);

// "ESTABLISHED", "FIN-WAIT-1"... as RFC 9293 writes them.
std::string_view state_name(State state) noexcept;

// The handshake is complete and neither side has reset.
constexpr bool is_synchronized(State state) noexcept {
  return state >= State::kEstablished && state < State::kClosed;
}

}  // namespace nsrun::tcp
