// SPDX-License-Identifier: Apache-2.0
//
// A client whose address lies in the guest's network would be looked for on the guest's link.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, PublishedClientOfTheGuestsOwnNetworkIsTheGateway) {
  relay.publishes(Place::kAny, 8053, 53);
  network.delivers(udp("question").from(Place::kGuestsNetwork, 4000).to(Place::kHost, 8053));
  guest.hears(udp("question").from(Place::kGateway, 4000).to(Place::kGuest, 53));
  guest.sends(udp("answer").from(Place::kGuest, 53).to(Place::kGateway, 4000));
  network.carries(udp("answer").from(Place::kHost, 8053).to(Place::kGuestsNetwork, 4000));
}

}  // namespace nsrun::dataplane
