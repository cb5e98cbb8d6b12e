// SPDX-License-Identifier: Apache-2.0
//
// The client of a published port is known from the error, and the address that it had asked, too.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ErrorAboutAClientThatHasLeft) {
  relay.publishes(Place::kAny, 8053, 53);
  network.delivers(udp("question").from(Place::kServer, 4000).to(Place::kHostToo, 8053));
  guest.hears(udp("question").from(Place::kServer, 4000).to(Place::kGuest, 53));
  guest.sends(udp("too late").from(Place::kGuest, 53).to(Place::kServer, 4000));
  network.carries(udp("too late").from(Place::kHostToo, 8053).to(Place::kServer, 4000));
  network.delivers(port_unreachable().by(Place::kServer));
  guest.hears(
      port_unreachable().by(Place::kServer).to(Place::kGuest, 53).about(Place::kServer, 4000));
}

TEST_P(Scenario, ErrorAboutALocalClientThatHasLeft) {
  relay.publishes(Place::kLoopback, 8053, 53);
  Client client(*this, Place::kLoopback);
  client.sends("question", Place::kLoopback, 8053);
  guest.hears(udp("question").from(Place::kGateway, client.port).to(Place::kGuest, 53));
  client.leaves();
  guest.sends(udp("too late").from(Place::kGuest, 53).to(Place::kGateway, client.port));
  guest.hears(port_unreachable().by(Place::kGateway).about(Place::kGateway, client.port));
}

}  // namespace nsrun::dataplane
