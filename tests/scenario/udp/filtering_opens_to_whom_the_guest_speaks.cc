// SPDX-License-Identifier: Apache-2.0
//
// Hole punching: once the guest has sent something there, the same port of the host lets the other
// side in.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, FilteringOpensToWhomTheGuestSpeaks) {
  Port mapped;
  guest.sends(udp("where am I?").to(Place::kServer, 3478));
  network.carries(udp("where am I?").from(Place::kHost, mapped).to(Place::kServer, 3478));
  network.delivers(udp("early").from(Place::kOther, 6000).to(Place::kHost, mapped));
  relay.counted(Counter::kUdpDropped, 1);
  guest.sends(udp("punch").to(Place::kOther, 6000));
  network.carries(udp("punch").from(Place::kHost, mapped).to(Place::kOther, 6000));
  network.delivers(udp("through").from(Place::kOther, 6000).to(Place::kHost, mapped));
  guest.hears(udp("through").from(Place::kOther, 6000).to(Place::kGuest, 5000));
}

}  // namespace nsrun::dataplane
