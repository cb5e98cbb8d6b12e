// SPDX-License-Identifier: Apache-2.0
//
// [::] takes no IPv4 client, so that none is ever a v4-mapped address: both wildcards share the
// port, and each family comes by its own.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, PublishedWildcardsKeepTheFamiliesApart) {
  relay.publishes(Place::kAnyOtherFamily, 8053, 54);
  relay.publishes(Place::kAny, 8053, 53);
  network.delivers(udp("question").from(Place::kServer, 4000).to(Place::kHost, 8053));
  guest.hears(udp("question").from(Place::kServer, 4000).to(Place::kGuest, 53));
  guest.sends(udp("answer").from(Place::kGuest, 53).to(Place::kServer, 4000));
  network.carries(udp("answer").from(Place::kHost, 8053).to(Place::kServer, 4000));
}

}  // namespace nsrun::dataplane
