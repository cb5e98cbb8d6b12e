// SPDX-License-Identifier: Apache-2.0
//
// While every mapping is younger than two minutes a new one is refused: counted, with one message
// in ten seconds. Those that are there go on.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, TableFullRefusesRatherThanBreakAYoungOne) {
  settings.max_flows = 1;
  guest.sends(udp("first").to(Place::kServer, 53));
  network.carries(udp("first").to(Place::kServer, 53));
  after(2min - 1s);
  guest.sends(udp("second").to(Place::kOther, 53));
  guest.sends(udp("third").from(Place::kGuest, 5001).to(Place::kServer, 53));
  relay.counted(Counter::kUdpFlowsRefused, 2);
  relay.has_warned(1, "too many associations");
  guest.sends(udp("goes on").to(Place::kServer, 53));
  network.carries(udp("goes on").to(Place::kServer, 53));
  after(10s);
  guest.sends(udp("fourth").to(Place::kOther, 53));
  relay.has_warned(1, "1 more since the last message");
  relay.has_flows(1);
  relay.has_sockets(1);
}

}  // namespace nsrun::dataplane
