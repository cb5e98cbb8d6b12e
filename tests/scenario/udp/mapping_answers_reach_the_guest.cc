// SPDX-License-Identifier: Apache-2.0
//
// Each answer comes from whom the guest has asked, to the port that asked.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, MappingAnswersReachTheGuest) {
  Port mapped;
  guest.sends(udp("question").to(Place::kServer, 53));
  network.carries(udp("question").from(Place::kHost, mapped).to(Place::kServer, 53));
  guest.sends(udp("another").to(Place::kOther, 53));
  network.carries(udp("another").from(Place::kHost, mapped).to(Place::kOther, 53));
  network.delivers(udp("no").from(Place::kOther, 53).to(Place::kHost, mapped));
  guest.hears(udp("no").from(Place::kOther, 53).to(Place::kGuest, 5000));
  network.delivers(udp("yes").from(Place::kServer, 53).to(Place::kHost, mapped));
  guest.hears(udp("yes").from(Place::kServer, 53).to(Place::kGuest, 5000));
}

}  // namespace nsrun::dataplane
