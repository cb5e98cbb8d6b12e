// SPDX-License-Identifier: Apache-2.0
//
// --outbound-addr and --outbound-addr6: what leaves the host has this source. The host's loopback
// would refuse it, and is reached without.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, MappingObeysTheOutboundAddress) {
  policy.allow_host_loopback = true;
  settings.outbound_v4 = settings.outbound_v6 = address_of(Place::kHostToo);
  Client listener(*this, Place::kLoopback);
  Port mapped;
  guest.sends(udp("out").to(Place::kServer, 53));
  network.carries(udp("out").from(Place::kHostToo, mapped).to(Place::kServer, 53));
  guest.sends(udp("in").to(Place::kGateway, listener.port.number));
  Port local;
  listener.hears("in", Place::kLoopback, local);
  relay.has_sockets(2);
}

}  // namespace nsrun::dataplane
