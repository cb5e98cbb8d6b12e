// SPDX-License-Identifier: Apache-2.0
//
// A port of one family may lead to a guest's address of the other, in which the client has none.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, PublishedClientOfTheOtherFamilyIsTheGateway) {
  relay.publishes(Place::kHostOtherFamily, 8053, 53);
  network.delivers(
      udp("question").from(Place::kOtherFamily, 4000).to(Place::kHostOtherFamily, 8053));
  guest.hears(udp("question").from(Place::kGateway, 4000).to(Place::kGuest, 53));
  guest.sends(udp("answer").from(Place::kGuest, 53).to(Place::kGateway, 4000));
  network.carries(udp("answer").from(Place::kHostOtherFamily, 8053).to(Place::kOtherFamily, 4000));
}

}  // namespace nsrun::dataplane
