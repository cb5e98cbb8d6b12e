// SPDX-License-Identifier: Apache-2.0
//
// Datagrams of one peer that are there together share a frame while they are equal; a shorter one
// ends it, and somebody else's begins another.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, BatchOfEqualDatagramsReachesTheGuest) {
  Port mapped;
  guest.sends(udp("hello").to(Place::kServer, 53));
  network.carries(udp("hello").from(Place::kHost, mapped).to(Place::kServer, 53));
  guest.sends(udp("hello").to(Place::kOther, 53));
  network.carries(udp("hello").from(Place::kHost, mapped).to(Place::kOther, 53));
  const Sketch from_other = udp("1234").from(Place::kOther, 53).to(Place::kHost, mapped);
  network.delivers_together({udp("aaaa").from(Place::kServer, 53).to(Place::kHost, mapped),
                             udp("bbbb").from(Place::kServer, 53).to(Place::kHost, mapped),
                             udp("cc").from(Place::kServer, 53).to(Place::kHost, mapped),
                             udp("dd").from(Place::kServer, 53).to(Place::kHost, mapped),
                             from_other});
  if (GetParam().has_offloads) {
    guest.hears(udp("aaaabbbbcc").from(Place::kServer, 53).in_runs_of(4));
  } else {
    for (const char* text : {"aaaa", "bbbb", "cc"}) guest.hears(udp(text).from(Place::kServer, 53));
  }
  guest.hears(udp("dd").from(Place::kServer, 53));
  guest.hears(udp("1234").from(Place::kOther, 53));
}

}  // namespace nsrun::dataplane
