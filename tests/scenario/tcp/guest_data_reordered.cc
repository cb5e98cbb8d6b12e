// SPDX-License-Identifier: Apache-2.0
//
// Two segments change places, and the relay has no room for the later one: it is sent again.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, GuestDataReordered) {
  guest_connected();
  guest.sends_together({data(1000).seq(1001), data(1000).seq(1)});
  host.has_received(1000);
  relay.sends(ack(1001));
  relay.sends(ack(1001));
  guest.sends(data(1000).seq(1001));
  relay.sends(ack(2001));
  host.has_received(2000);
}

}  // namespace nsrun::tcp
