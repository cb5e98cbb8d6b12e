// SPDX-License-Identifier: Apache-2.0
//
// A mapping's socket serves many peers; the error of one is told of that one, and of no stranger.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ErrorIsToldToTheOneWhomItConcerns) {
  guest.sends(udp("a").to(Place::kServer, 53));
  network.carries(udp("a").to(Place::kServer, 53));
  guest.sends(udp("b").to(Place::kOther, 53));
  network.carries(udp("b").to(Place::kOther, 53));
  network.delivers(port_unreachable().by(Place::kOther));
  guest.hears(port_unreachable().by(Place::kOther).about(Place::kOther, 53));
  relay.is_silent();
}

}  // namespace nsrun::dataplane
