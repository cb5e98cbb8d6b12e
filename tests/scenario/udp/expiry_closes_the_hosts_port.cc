// SPDX-License-Identifier: Apache-2.0
//
// To the world an expired mapping is a closed port.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ExpiryClosesTheHostsPort) {
  Port mapped;
  guest.sends(udp("hello").to(Place::kServer, 53));
  network.carries(udp("hello").from(Place::kHost, mapped).to(Place::kServer, 53));
  after(5min);
  network.delivers(udp("too late").from(Place::kServer, 53).to(Place::kHost, mapped));
  network.carries(port_unreachable().by(Place::kHost).about(Place::kHost, mapped));
}

}  // namespace nsrun::dataplane
