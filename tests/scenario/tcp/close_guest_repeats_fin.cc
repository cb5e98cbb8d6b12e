// SPDX-License-Identifier: Apache-2.0
//
// Our acknowledgment of the guest's FIN was lost.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseGuestRepeatsFinInCloseWait) {
  guest_connected();
  guest.sends(fin());
  relay.loses(ack(2));
  after(200ms);
  guest.sends(fin().seq(1));
  relay.sends(ack(2));
  flow.is(State::kCloseWait);
}

TEST_P(Scenario, CloseGuestRepeatsFinInLastAck) {
  guest_connected();
  guest.sends(fin());
  relay.loses(ack(2));
  host.ends();
  relay.loses(fin());
  after(150ms);
  guest.sends(fin().seq(1).ack(1));
  relay.sends(ack(2));
  flow.is(State::kLastAck);
}

}  // namespace nsrun::tcp
