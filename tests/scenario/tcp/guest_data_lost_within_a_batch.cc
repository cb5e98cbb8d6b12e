// SPDX-License-Identifier: Apache-2.0
//
// What came before the hole is acknowledged, and the duplicates ask for the byte that is really
// missing, up to three.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, GuestDataLostWithinABatch) {
  guest_connected();
  guest.sends_together({data(1000), data(1000), data(1000).seq(3001), data(1000).seq(4001)});
  host.has_received(2000);
  relay.sends(ack(2001));
  relay.sends(ack(2001));
  relay.sends(ack(2001));
  relay.is_silent();
}

TEST_P(Scenario, GuestDataLostAtTheBeginningOfABatch) {
  guest_connected();
  guest.loses(data(1000));
  guest.sends_together({data(1000), data(1000), data(1000), data(1000), data(1000)});
  for (int duplicate = 0; duplicate < 3; ++duplicate) relay.sends(ack(1));
  relay.is_silent();
}

}  // namespace nsrun::tcp
