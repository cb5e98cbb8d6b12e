// SPDX-License-Identifier: Apache-2.0
//
// The guest sees the client's real address and port, and answers there.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, PublishedClientHasItsOwnAddress) {
  relay.publishes(Place::kHost, 8053, 53);
  network.delivers(udp("question").from(Place::kServer, 4000).to(Place::kHost, 8053));
  guest.hears(udp("question").from(Place::kServer, 4000).to(Place::kGuest, 53));
  guest.sends(udp("answer").from(Place::kGuest, 53).to(Place::kServer, 4000));
  network.carries(udp("answer").from(Place::kHost, 8053).to(Place::kServer, 4000));
}

}  // namespace nsrun::dataplane
