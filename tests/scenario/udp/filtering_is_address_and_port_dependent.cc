// SPDX-License-Identifier: Apache-2.0
//
// RFC 4787 REQ-8, the choice for safety: the guest hears only whom it has spoken to, address and
// port.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, FilteringIsAddressAndPortDependent) {
  Port mapped;
  guest.sends(udp("hello").to(Place::kServer, 53));
  network.carries(udp("hello").from(Place::kHost, mapped).to(Place::kServer, 53));
  network.delivers(udp("let me in").from(Place::kOther, 53).to(Place::kHost, mapped));
  relay.counted(Counter::kUdpDropped, 1);
  network.delivers(udp("me too").from(Place::kServer, 54).to(Place::kHost, mapped));
  relay.counted(Counter::kUdpDropped, 2);
  relay.is_silent();
  network.delivers(udp("welcome").from(Place::kServer, 53).to(Place::kHost, mapped));
  guest.hears(udp("welcome").from(Place::kServer, 53));
  relay.has_flows(1);
}

}  // namespace nsrun::dataplane
