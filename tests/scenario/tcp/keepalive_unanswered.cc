// SPDX-License-Identifier: Apache-2.0
//
// Nine questions without an answer, 75 seconds apart, and the connection is given up.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, KeepaliveUnanswered) {
  guest_connected();
  after(2h + 4min);
  relay.loses(ack(1).seq(0));
  for (int question = 2; question <= 9; ++question) {
    after(75s);
    relay.loses(ack(1).seq(0));
  }
  after(74s);
  flow.is(State::kEstablished);
  after(1s);
  relay.sends(rst_ack().seq(1));
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
