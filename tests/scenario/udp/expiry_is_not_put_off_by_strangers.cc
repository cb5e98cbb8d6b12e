// SPDX-License-Identifier: Apache-2.0
//
// What the filter drops keeps nothing alive: else anybody could.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ExpiryIsNotPutOffByStrangers) {
  Port mapped;
  guest.sends(udp("hello").to(Place::kServer, 53));
  network.carries(udp("hello").from(Place::kHost, mapped).to(Place::kServer, 53));
  after(4min);
  network.delivers(udp("stay").from(Place::kOther, 53).to(Place::kHost, mapped));
  relay.counted(Counter::kUdpDropped, 1);
  after(1min);
  relay.has_flows(0);
}

}  // namespace nsrun::dataplane
