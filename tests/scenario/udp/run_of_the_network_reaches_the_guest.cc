// SPDX-License-Identifier: Apache-2.0
//
// What the host's kernel has put together (GRO) reaches a guest that takes such as one frame, and
// any other as the datagrams that were sent.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, RunOfTheNetworkReachesTheGuest) {
  Port mapped;
  guest.sends(udp("hello").to(Place::kServer, 53));
  network.carries(udp("hello").from(Place::kHost, mapped).to(Place::kServer, 53));
  network.delivers(
      udp("aaaabbbbcc").from(Place::kServer, 53).to(Place::kHost, mapped).in_runs_of(4));
  if (GetParam().has_offloads) {
    guest.hears(udp("aaaabbbbcc").from(Place::kServer, 53).in_runs_of(4));
  } else {
    guest.hears(udp("aaaa").from(Place::kServer, 53));
    guest.hears(udp("bbbb").from(Place::kServer, 53));
    guest.hears(udp("cc").from(Place::kServer, 53));
  }
}

}  // namespace nsrun::dataplane
