// SPDX-License-Identifier: Apache-2.0
//
// The kernel reports an error at the next call for the socket, whoever that is about: the call is
// made again.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ErrorDoesNotKeepOthersFromBeingSent) {
  guest.sends(udp("a").to(Place::kServer, 53));
  network.carries(udp("a").to(Place::kServer, 53));
  network.delivers(port_unreachable().by(Place::kServer));
  guest.sends_first(udp("b").to(Place::kOther, 53));
  guest.hears(port_unreachable().by(Place::kServer).about(Place::kServer, 53));
  network.carries(udp("b").to(Place::kOther, 53));
}

}  // namespace nsrun::dataplane
