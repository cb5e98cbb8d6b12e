// SPDX-License-Identifier: Apache-2.0
//
// Our FIN is sent again like data.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseOurFinLost) {
  guest_connected();
  host.ends();
  relay.loses(fin());
  after(200ms);
  relay.loses(fin().seq(1));
  after(400ms);
  relay.sends(fin().seq(1));
  guest.sends(ack(2));
  flow.is(State::kFinWait2);
}

}  // namespace nsrun::tcp
