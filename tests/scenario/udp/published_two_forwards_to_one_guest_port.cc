// SPDX-License-Identifier: Apache-2.0
//
// Two ports may lead to one of the guest's. A client of both keeps its own port at the first and
// gets another at the second, so that each answer leaves from the port that was asked.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, PublishedTwoForwardsToOneGuestPort) {
  relay.publishes(Place::kHost, 8053, 53);
  relay.publishes(Place::kHost, 8054, 53);
  network.delivers(udp("one").from(Place::kServer, 4000).to(Place::kHost, 8053));
  guest.hears(udp("one").from(Place::kServer, 4000).to(Place::kGuest, 53));
  Port shown;
  network.delivers(udp("two").from(Place::kServer, 4000).to(Place::kHost, 8054));
  guest.hears(udp("two").from(Place::kServer, shown).to(Place::kGuest, 53));
  EXPECT_NE(shown.number, 4000);
  guest.sends(udp("for two").from(Place::kGuest, 53).to(Place::kServer, shown));
  network.carries(udp("for two").from(Place::kHost, 8054).to(Place::kServer, 4000));
  guest.sends(udp("for one").from(Place::kGuest, 53).to(Place::kServer, 4000));
  network.carries(udp("for one").from(Place::kHost, 8053).to(Place::kServer, 4000));
}

}  // namespace nsrun::dataplane
