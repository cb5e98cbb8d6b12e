// SPDX-License-Identifier: Apache-2.0
//
// RFC 4787 REQ-1: whatever one port of the guest sends leaves from one port of the host, wherever
// it goes; another port of the guest has another one.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, MappingIsEndpointIndependent) {
  Port mapped;
  guest.sends(udp("a").to(Place::kServer, 53));
  network.carries(udp("a").from(Place::kHost, mapped).to(Place::kServer, 53));
  guest.sends(udp("b").to(Place::kServer, 54));
  network.carries(udp("b").from(Place::kHost, mapped).to(Place::kServer, 54));
  guest.sends(udp("c").to(Place::kOther, 53));
  network.carries(udp("c").from(Place::kHost, mapped).to(Place::kOther, 53));
  relay.has_flows(3);
  relay.has_sockets(1);
}

TEST_P(Scenario, MappingsOfTwoGuestPortsDiffer) {
  Port mapped;
  guest.sends(udp("a").to(Place::kServer, 53));
  network.carries(udp("a").from(Place::kHost, mapped).to(Place::kServer, 53));
  Port other;
  guest.sends(udp("b").from(Place::kGuest, 5001).to(Place::kServer, 53));
  network.carries(udp("b").from(Place::kHost, other).to(Place::kServer, 53));
  EXPECT_NE(mapped.number, other.number);
  relay.has_sockets(2);
}

}  // namespace nsrun::dataplane
