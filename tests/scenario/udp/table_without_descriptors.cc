// SPDX-License-Identifier: Apache-2.0
//
// Without descriptors a new guest port is refused and counted, and its place stays free; a known
// one goes on, to new peers too.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, TableWithoutDescriptors) {
  guest.sends(udp("first").to(Place::kServer, 53));
  network.carries(udp("first").to(Place::kServer, 53));
  {
    const test::NoDescriptors lack;
    guest.sends(udp("second").from(Place::kGuest, 5001).to(Place::kServer, 53));
    relay.counted(Counter::kUdpFlowsRefused, 1);
    relay.has_flows(1);
    guest.sends(udp("third").to(Place::kOther, 53));
    network.carries(udp("third").to(Place::kOther, 53));
  }
  relay.has_warned(1, "no socket could be opened");
  guest.sends(udp("fourth").from(Place::kGuest, 5001).to(Place::kServer, 53));
  network.carries(udp("fourth").to(Place::kServer, 53));
}

}  // namespace nsrun::dataplane
