// SPDX-License-Identifier: Apache-2.0
//
// Both FINs cross.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseSimultaneous) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(fin().ack(1));
  flow.is(State::kClosing);
  relay.sends(ack(2));
  guest.sends(ack(2));
  flow.is(State::kTimeWait);
  after(kTimeWait);
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
