// SPDX-License-Identifier: Apache-2.0
//
// A closed port is closed to the world, and its clients are forgotten.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, PublishedPortThatIsClosedForgets) {
  relay.publishes(Place::kHost, 8053, 53);
  network.delivers(udp("question").from(Place::kServer, 4000).to(Place::kHost, 8053));
  guest.hears(udp("question").from(Place::kServer, 4000).to(Place::kGuest, 53));
  guest.sends(udp("answer").from(Place::kGuest, 53).to(Place::kServer, 4000));
  network.carries(udp("answer").from(Place::kHost, 8053).to(Place::kServer, 4000));
  relay.closes(Place::kHost, 8053);
  relay.has_flows(0);
  relay.has_sockets(0);
  network.delivers(udp("again").from(Place::kServer, 4000).to(Place::kHost, 8053));
  network.carries(port_unreachable().by(Place::kHost).about(Place::kHost, 8053));
}

}  // namespace nsrun::dataplane
