// SPDX-License-Identifier: Apache-2.0
//
// RFC 4787 REQ-6: what the guest sends keeps a mapping, and what it hears does too.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, ExpiryIsPutOffByTheGuest) {
  guest.sends(udp("hello").to(Place::kServer, 53));
  network.carries(udp("hello").to(Place::kServer, 53));
  after(4min);
  guest.sends(udp("still here").to(Place::kServer, 53));
  network.carries(udp("still here").to(Place::kServer, 53));
  after(5min - 1s);
  relay.has_flows(1);
  after(1s);
  relay.has_flows(0);
}

TEST_P(Scenario, ExpiryIsPutOffByThePeer) {
  Port mapped;
  guest.sends(udp("hello").to(Place::kServer, 53));
  network.carries(udp("hello").from(Place::kHost, mapped).to(Place::kServer, 53));
  after(4min);
  network.delivers(udp("still here").from(Place::kServer, 53).to(Place::kHost, mapped));
  guest.hears(udp("still here").from(Place::kServer, 53));
  after(5min - 1s);
  relay.has_flows(1);
  after(1s);
  relay.has_flows(0);
}

}  // namespace nsrun::dataplane
