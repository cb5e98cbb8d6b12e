// SPDX-License-Identifier: Apache-2.0
//
// What the guest sends from a published port to somebody who has not asked is an association as any
// other, with a port of its own.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, PublishedPortDoesNotBindWhatTheGuestBegins) {
  relay.publishes(Place::kHost, 8053, 53);
  Port mapped;
  guest.sends(udp("news").from(Place::kGuest, 53).to(Place::kServer, 4000));
  network.carries(udp("news").from(Place::kHost, mapped).to(Place::kServer, 4000));
  EXPECT_NE(mapped.number, 8053);
  relay.has_sockets(2);
}

}  // namespace nsrun::dataplane
