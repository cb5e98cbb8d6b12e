// SPDX-License-Identifier: Apache-2.0
//
// The host's own link is narrower than the guest's: the guest learns it from its gateway. A run of
// what fits still goes as one.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ErrorTooBigForTheHostsOwnLink) {
  network.narrows_to(1300);
  guest.sends(udp(std::string(1400, 'x')).to(Place::kServer, 53));
  guest.hears(too_big(1300).by(Place::kGateway).about(Place::kServer, 53));
  const Sketch fitting = udp(std::string(1200, 'y')).to(Place::kServer, 53);
  guest.sends_together({fitting, fitting, fitting});
  for (int i = 0; i < 3; ++i) network.carries(fitting);
}

}  // namespace nsrun::dataplane
