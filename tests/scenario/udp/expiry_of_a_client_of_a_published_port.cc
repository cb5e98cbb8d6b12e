// SPDX-License-Identifier: Apache-2.0
//
// Clients are forgotten likewise; the port stays, and knows the client anew.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ExpiryOfAClientOfAPublishedPort) {
  relay.publishes(Place::kHost, 8053, 53);
  network.delivers(udp("one").from(Place::kServer, 4000).to(Place::kHost, 8053));
  guest.hears(udp("one").from(Place::kServer, 4000).to(Place::kGuest, 53));
  after(5min);
  relay.has_flows(0);
  relay.has_sockets(1);
  network.delivers(udp("two").from(Place::kServer, 4000).to(Place::kHost, 8053));
  guest.hears(udp("two").from(Place::kServer, 4000).to(Place::kGuest, 53));
}

}  // namespace nsrun::dataplane
