// SPDX-License-Identifier: Apache-2.0
//
// The same for an answer of a published port.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ErrorTooBigForAClientsPath) {
  network.narrows_to(1300);
  relay.publishes(Place::kAny, 8053, 53);
  network.delivers(udp("question").from(Place::kServer, 4000).to(Place::kHost, 8053));
  guest.hears(udp("question").from(Place::kServer, 4000).to(Place::kGuest, 53));
  guest.sends(udp(std::string(1400, 'x')).from(Place::kGuest, 53).to(Place::kServer, 4000));
  guest.hears(too_big(1300).by(Place::kGateway).to(Place::kGuest, 53).about(Place::kServer, 4000));
}

}  // namespace nsrun::dataplane
