// SPDX-License-Identifier: Apache-2.0
//
// The whole of next() against RFC 9293 figure 5, seen from our side of the link.
#include "tcp/state.hh"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

namespace nsrun::tcp {
namespace {

constexpr State kStates[] = {State::kConnecting,  State::kSynSent,  State::kSynReceived,
                             State::kEstablished, State::kFinWait1, State::kFinWait2,
                             State::kCloseWait,   State::kClosing,  State::kLastAck,
                             State::kTimeWait,    State::kClosed};
constexpr Event kEvents[] = {Event::kHostConnected, Event::kSynAckReceived, Event::kSynReceived,
                             Event::kAckOfSyn,      Event::kFinReceived,    Event::kFinSent,
                             Event::kAckOfFin,      Event::kTimeout,        Event::kReset};

// The arrows of the figure; kConnecting is its LISTEN with the SYN received.
const std::map<std::pair<State, Event>, State> kArrows = {
    {{State::kConnecting, Event::kHostConnected}, State::kSynReceived},
    {{State::kSynSent, Event::kSynAckReceived}, State::kEstablished},
    {{State::kSynSent, Event::kSynReceived}, State::kSynReceived},
    {{State::kSynReceived, Event::kAckOfSyn}, State::kEstablished},
    {{State::kEstablished, Event::kFinReceived}, State::kCloseWait},
    {{State::kEstablished, Event::kFinSent}, State::kFinWait1},
    {{State::kFinWait1, Event::kFinReceived}, State::kClosing},
    {{State::kFinWait1, Event::kAckOfFin}, State::kFinWait2},
    {{State::kFinWait2, Event::kFinReceived}, State::kTimeWait},
    {{State::kCloseWait, Event::kFinSent}, State::kLastAck},
    {{State::kClosing, Event::kAckOfFin}, State::kTimeWait},
    {{State::kLastAck, Event::kAckOfFin}, State::kClosed},
    {{State::kTimeWait, Event::kTimeout}, State::kClosed},
};

TEST(TcpState, EveryArrowOfTheFigureAndNoOther) {
  for (const State state : kStates) {
    for (const Event event : kEvents) {
      std::optional<State> expected;
      if (const auto arrow = kArrows.find({state, event}); arrow != kArrows.end()) {
        expected = arrow->second;
      }
      if (event == Event::kReset) expected = State::kClosed;
      EXPECT_EQ(next(state, event), expected)
          << state_name(state) << ", event " << static_cast<int>(event);
    }
  }
}

TEST(TcpState, EveryStateLeadsToClosedWithoutAReset) {
  for (const State start : kStates) {
    std::set<State> reached = {start};
    for (size_t size = 0; size != reached.size();) {
      size = reached.size();
      for (const auto& [from, to] : kArrows) {
        if (reached.contains(from.first)) reached.insert(to);
      }
    }
    EXPECT_TRUE(reached.contains(State::kClosed)) << state_name(start);
  }
}

TEST(TcpState, HasTheNamesOfTheRfc) {
  std::set<std::string> names;
  for (const State state : kStates) names.emplace(state_name(state));
  EXPECT_EQ(names, (std::set<std::string>{"CONNECTING", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED",
                                          "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",
                                          "LAST-ACK", "TIME-WAIT", "CLOSED"}));
}

TEST(TcpState, IsSynchronizedBetweenHandshakeAndEnd) {
  for (const State state : kStates) {
    const bool expected = state != State::kConnecting && state != State::kSynSent &&
                          state != State::kSynReceived && state != State::kClosed;
    EXPECT_EQ(is_synchronized(state), expected) << state_name(state);
  }
}

}  // namespace
}  // namespace nsrun::tcp
