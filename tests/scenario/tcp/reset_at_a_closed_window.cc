// SPDX-License-Identifier: Apache-2.0
//
// With our window closed the exact number still resets.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, ResetAtAClosedWindow) {
  guest_connected();
  host.has_room_for(0);
  guest.sends(data(65535));
  relay.sends(ack(1));
  host.has_room_for(65535);
  guest.sends(data(65535).seq(1));
  relay.sends(ack(65536).window(0));
  guest.sends(rst());
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
