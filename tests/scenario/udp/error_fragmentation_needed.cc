// SPDX-License-Identifier: Apache-2.0
//
// RFC 1191, RFC 8201: the guest's kernel learns the path's MTU, from the router that knows it; what
// may be fragmented goes on.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ErrorFragmentationNeeded) {
  const std::string large(1400, 'x');
  guest.sends(udp(large).to(Place::kServer, 53));
  network.carries(udp(large).to(Place::kServer, 53));
  network.delivers(too_big(1300).by(Place::kRouter));
  guest.hears(too_big(1300).by(Place::kRouter).to(Place::kGuest, 5000).about(Place::kServer, 53));
  const std::string fitting(1200, 'y');
  guest.sends(udp(fitting).to(Place::kServer, 53));
  network.carries(udp(fitting).to(Place::kServer, 53));
}

}  // namespace nsrun::dataplane
