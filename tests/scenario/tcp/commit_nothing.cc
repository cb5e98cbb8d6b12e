// SPDX-License-Identifier: Apache-2.0
//
// Nothing is acknowledged before somebody holds it.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CommitNothing) {
  guest_connected();
  host.has_room_for(0);
  guest.sends(data(1000));
  relay.sends(ack(1));
  host.has_received(0);
  host.has_room_for(5000);
  guest.sends(data(1000).seq(1));
  relay.sends(ack(1001));
  host.has_received(1000);
}

}  // namespace nsrun::tcp
