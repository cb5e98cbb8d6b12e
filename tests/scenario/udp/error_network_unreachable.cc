// SPDX-License-Identifier: Apache-2.0
//
// Where the host has no route the guest hears at once, as if its gateway had none.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ErrorNetworkUnreachable) {
  guest.sends(udp("hello").to(Place::kElsewhere, 53));
  guest.hears(network_unreachable()
                  .by(Place::kGateway)
                  .to(Place::kGuest, 5000)
                  .about(Place::kElsewhere, 53));
  relay.counted(Counter::kUdpDropped, 1);
}

}  // namespace nsrun::dataplane
