// SPDX-License-Identifier: Apache-2.0
//
// A client that speaks from one of the host's own addresses is the host, whichever it is: the guest
// knows the host by the gateway's address.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, PublishedOwnHostIsTheGateway) {
  relay.publishes(Place::kAny, 8053, 53);
  Client client(*this, Place::kHost);
  client.sends("to the same", Place::kHost, 8053);
  guest.hears(udp("to the same").from(Place::kGateway, client.port).to(Place::kGuest, 53));
  guest.sends(udp("answer").from(Place::kGuest, 53).to(Place::kGateway, client.port));
  client.hears("answer", Place::kHost, 8053);
  Port shown;
  client.sends("to another", Place::kHostToo, 8053);
  guest.hears(udp("to another").from(Place::kGateway, shown).to(Place::kGuest, 53));
  guest.sends(udp("answer").from(Place::kGuest, 53).to(Place::kGateway, shown));
  client.hears("answer", Place::kHostToo, 8053);
}

}  // namespace nsrun::dataplane
