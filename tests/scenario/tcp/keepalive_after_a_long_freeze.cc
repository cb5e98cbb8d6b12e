// SPDX-License-Identifier: Apache-2.0
//
// A process that stood still for a day asks once and then waits: its connections are not given up
// for what it missed itself.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, KeepaliveAfterALongFreeze) {
  guest_connected();
  frozen_for(24h);
  relay.sends(ack(1).seq(0));
  flow.has_deadline_in(75s);
  guest.sends(ack(1));
  flow.is(State::kEstablished);
}

}  // namespace nsrun::tcp
