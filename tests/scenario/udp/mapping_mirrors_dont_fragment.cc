// SPDX-License-Identifier: Apache-2.0
//
// DF is as the guest has set it, for each datagram of a mapping; IPv6 implies it.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, MappingMirrorsDontFragment) {
  guest.sends(udp("whole").to(Place::kServer, 53));
  network.carries(udp("whole").to(Place::kServer, 53));
  guest.sends(udp("either way").to(Place::kServer, 53).that_may_be_fragmented());
  network.carries(udp("either way").to(Place::kServer, 53).that_may_be_fragmented());
  guest.sends(udp("whole again").to(Place::kServer, 53));
  network.carries(udp("whole again").to(Place::kServer, 53));
}

}  // namespace nsrun::dataplane
