// SPDX-License-Identifier: Apache-2.0
//
// The host takes a part: exactly that part is acknowledged, and the rest is welcome again.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CommitAPart) {
  guest_connected();
  host.has_room_for(300);
  guest.sends_together({data(200), data(200), data(200)});
  relay.sends(ack(301));
  host.has_received(300);
  host.has_room_for(5000);
  guest.sends(data(200).seq(201));
  relay.sends(ack(401));
  guest.sends(data(200).seq(401));
  relay.sends(ack(601));
  host.has_received(600);
}

}  // namespace nsrun::tcp
