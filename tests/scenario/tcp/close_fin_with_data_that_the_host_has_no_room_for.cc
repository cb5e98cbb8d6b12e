// SPDX-License-Identifier: Apache-2.0
//
// An end of stream is only the end when everything before it has been taken.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseFinWithDataThatTheHostHasNoRoomFor) {
  guest_connected();
  host.has_room_for(60);
  guest.sends(data(100).with_fin());
  relay.sends(ack(61));
  host.has_received(60);
  host.sees_no_end();
  host.has_room_for(1000);
  guest.sends(data(40).seq(61).with_fin());
  relay.sends(ack(102));
  host.has_received(100);
  host.sees_the_end();
}

}  // namespace nsrun::tcp
