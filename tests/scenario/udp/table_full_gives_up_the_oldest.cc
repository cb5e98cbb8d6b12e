// SPDX-License-Identifier: Apache-2.0
//
// A full table gives up the mapping that has been idle longest, with its socket, once it has lived
// the two minutes of RFC 4787 REQ-5.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, TableFullGivesUpTheOldest) {
  settings.max_flows = 2;
  guest.sends(udp("1").from(Place::kGuest, 5001).to(Place::kServer, 53));
  network.carries(udp("1").to(Place::kServer, 53));
  guest.sends(udp("2").from(Place::kGuest, 5002).to(Place::kServer, 53));
  network.carries(udp("2").to(Place::kServer, 53));
  after(1min);
  Port mapped;
  guest.sends(udp("1 again").from(Place::kGuest, 5001).to(Place::kServer, 53));
  network.carries(udp("1 again").from(Place::kHost, mapped).to(Place::kServer, 53));
  after(1min);
  guest.sends(udp("3").from(Place::kGuest, 5003).to(Place::kServer, 53));
  network.carries(udp("3").to(Place::kServer, 53));
  relay.counted(Counter::kUdpFlowsExpired, 1);
  relay.counted(Counter::kUdpFlowsRefused, 0);
  relay.has_flows(2);
  relay.has_sockets(2);
  network.delivers(udp("for 1").from(Place::kServer, 53).to(Place::kHost, mapped));
  guest.hears(udp("for 1").from(Place::kServer, 53).to(Place::kGuest, 5001));
}

}  // namespace nsrun::dataplane
