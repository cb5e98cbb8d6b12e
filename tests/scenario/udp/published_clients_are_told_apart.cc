// SPDX-License-Identifier: Apache-2.0
//
// One socket serves all clients of a port; each is a flow of its own.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, PublishedClientsAreToldApart) {
  relay.publishes(Place::kHost, 8053, 53);
  network.delivers_together({udp("one").from(Place::kServer, 4000).to(Place::kHost, 8053),
                             udp("two").from(Place::kServer, 4001).to(Place::kHost, 8053),
                             udp("three").from(Place::kOther, 4000).to(Place::kHost, 8053)});
  guest.hears(udp("one").from(Place::kServer, 4000).to(Place::kGuest, 53));
  guest.hears(udp("two").from(Place::kServer, 4001).to(Place::kGuest, 53));
  guest.hears(udp("three").from(Place::kOther, 4000).to(Place::kGuest, 53));
  relay.has_flows(3);
  relay.has_sockets(1);
  guest.sends(udp("for three").from(Place::kGuest, 53).to(Place::kOther, 4000));
  network.carries(udp("for three").from(Place::kHost, 8053).to(Place::kOther, 4000));
}

}  // namespace nsrun::dataplane
