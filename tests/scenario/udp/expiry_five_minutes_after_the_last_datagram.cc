// SPDX-License-Identifier: Apache-2.0
//
// RFC 4787 REQ-5: five minutes after its last datagram a mapping ends, with its socket. Not
// earlier.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ExpiryFiveMinutesAfterTheLastDatagram) {
  guest.sends(udp("hello").to(Place::kServer, 53));
  network.carries(udp("hello").to(Place::kServer, 53));
  after(5min - 1s);
  relay.has_flows(1);
  after(1s);
  relay.has_flows(0);
  relay.has_sockets(0);
  relay.counted(Counter::kUdpFlowsExpired, 1);
}

}  // namespace nsrun::dataplane
