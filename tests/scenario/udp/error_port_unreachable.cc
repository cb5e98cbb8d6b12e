// SPDX-License-Identifier: Apache-2.0
//
// RFC 4787 REQ-14: a closed port of the peer looks closed in the guest, and its peer says so.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ErrorPortUnreachable) {
  guest.sends(udp("anybody?").to(Place::kServer, 53));
  network.carries(udp("anybody?").to(Place::kServer, 53));
  network.delivers(port_unreachable().by(Place::kServer));
  guest.hears(
      port_unreachable().by(Place::kServer).to(Place::kGuest, 5000).about(Place::kServer, 53));
}

TEST_P(Scenario, ErrorPortUnreachableOnHostLoopback) {
  policy.allow_host_loopback = true;
  guest.sends(udp("anybody?").to(Place::kGateway, 9));
  guest.hears(
      port_unreachable().by(Place::kGateway).to(Place::kGuest, 5000).about(Place::kGateway, 9));
}

}  // namespace nsrun::dataplane
