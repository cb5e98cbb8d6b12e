// SPDX-License-Identifier: Apache-2.0
//
// What a router says is passed on, in its name.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ErrorHostUnreachable) {
  guest.sends(udp("hello").to(Place::kServer, 53));
  network.carries(udp("hello").to(Place::kServer, 53));
  network.delivers(host_unreachable().by(Place::kRouter));
  guest.hears(host_unreachable().by(Place::kRouter).about(Place::kServer, 53));
}

}  // namespace nsrun::dataplane
