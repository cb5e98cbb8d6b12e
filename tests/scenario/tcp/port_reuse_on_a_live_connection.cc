// SPDX-License-Identifier: Apache-2.0
//
// The guest began anew while our side still stands: challenge, its reset, and the SYN that it
// sends again finds the place free.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, PortReuseOnALiveConnection) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(ack(2));
  flow.is(State::kFinWait2);
  guest.sends(syn().seq(500'000));
  relay.sends(ack(1).seq(2));
  guest.sends(rst().seq(1));
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
