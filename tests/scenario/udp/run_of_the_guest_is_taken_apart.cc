// SPDX-License-Identifier: Apache-2.0
//
// A superframe of the guest's kernel (USO) is the datagrams that its program has sent, the last one
// shorter.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, RunOfTheGuestIsTakenApart) {
  guest.sends(udp("aaaabbbbcc").to(Place::kServer, 53).in_runs_of(4));
  network.carries(udp("aaaa").to(Place::kServer, 53));
  network.carries(udp("bbbb").to(Place::kServer, 53));
  network.carries(udp("cc").to(Place::kServer, 53));
}

}  // namespace nsrun::dataplane
