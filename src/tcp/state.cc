// SPDX-License-Identifier: Apache-2.0
#include "tcp/state.hh"

namespace nsrun::tcp {

std::string_view state_name(State state) noexcept {
  switch (state) {
    case State::kConnecting:
      return "CONNECTING";
    case State::kSynSent:
      return "SYN-SENT";
    case State::kSynReceived:
      return "SYN-RECEIVED";
    case State::kEstablished:
      return "ESTABLISHED";
    case State::kFinWait1:
      return "FIN-WAIT-1";
    case State::kFinWait2:
      return "FIN-WAIT-2";
    case State::kCloseWait:
      return "CLOSE-WAIT";
    case State::kClosing:
      return "CLOSING";
    case State::kLastAck:
      return "LAST-ACK";
    case State::kTimeWait:
      return "TIME-WAIT";
    case State::kClosed:
      return "CLOSED";
  }
  return "?";
}

}  // namespace nsrun::tcp
