// SPDX-License-Identifier: Apache-2.0
//
// A port at every address answers from the one that the client has asked: a connected socket hears
// no other.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, PublishedAnswersComeFromTheAddressAsked) {
  relay.publishes(Place::kAny, 8053, 53);
  network.delivers(udp("question").from(Place::kServer, 4000).to(Place::kHostToo, 8053));
  guest.hears(udp("question").from(Place::kServer, 4000).to(Place::kGuest, 53));
  guest.sends(udp("answer").from(Place::kGuest, 53).to(Place::kServer, 4000));
  network.carries(udp("answer").from(Place::kHostToo, 8053).to(Place::kServer, 4000));
}

}  // namespace nsrun::dataplane
