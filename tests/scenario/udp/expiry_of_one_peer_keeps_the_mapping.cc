// SPDX-License-Identifier: Apache-2.0
//
// The peers of a mapping end one by one; the host's port stays as long as there is one.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ExpiryOfOnePeerKeepsTheMapping) {
  Port mapped;
  guest.sends(udp("a").to(Place::kServer, 53));
  network.carries(udp("a").from(Place::kHost, mapped).to(Place::kServer, 53));
  after(2min);
  guest.sends(udp("b").to(Place::kOther, 53));
  network.carries(udp("b").from(Place::kHost, mapped).to(Place::kOther, 53));
  after(3min);
  relay.has_flows(1);
  relay.has_sockets(1);
  network.delivers(udp("forgotten").from(Place::kServer, 53).to(Place::kHost, mapped));
  relay.counted(Counter::kUdpDropped, 1);
  guest.sends(udp("c").to(Place::kOther, 53));
  network.carries(udp("c").from(Place::kHost, mapped).to(Place::kOther, 53));
}

}  // namespace nsrun::dataplane
