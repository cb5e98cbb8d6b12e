// SPDX-License-Identifier: Apache-2.0
//
// A client on 127.0.0.1 or ::1 is the gateway to the guest, and is answered although host loopback
// is closed to what the guest begins.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, PublishedLocalClientIsAnswered) {
  relay.publishes(Place::kAny, 8053, 53);
  Client client(*this, Place::kLoopback);
  client.sends("question", Place::kLoopback, 8053);
  guest.hears(udp("question").from(Place::kGateway, client.port).to(Place::kGuest, 53));
  guest.sends(udp("answer").from(Place::kGuest, 53).to(Place::kGateway, client.port));
  client.hears("answer", Place::kLoopback, 8053);
  guest.sends(udp("a new one").from(Place::kGuest, 54).to(Place::kGateway, client.port));
  relay.counted(Counter::kDeniedByPolicy, 1);
  relay.has_flows(1);
}

}  // namespace nsrun::dataplane
