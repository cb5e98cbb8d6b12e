// SPDX-License-Identifier: Apache-2.0
//
// RFC 9293 section 3.10.7.4: at a closed window acknowledgments still count, or both directions
// would stop.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, GuestAcknowledgesAtOurClosedWindow) {
  guest_connected();
  host.has_room_for(65'536);
  guest.sends(data(65'535));
  relay.sends(ack(65'536).window(0));
  host.gives(1000);
  relay.sends(data(1000));
  guest.sends(ack(1001));
  flow.has_in_flight(0);
  relay.is_silent();
  host.gives(1000);
  relay.sends(data(1000));
  guest.sends(ack(2001).seq(65'535));  // with a probe
  flow.has_in_flight(0);
  relay.sends(ack(65'536));
}

TEST_P(Scenario, GuestAcknowledgesBehindALostWindow) {
  guest_connected();
  guest.loses(data(65'535));
  host.gives(1000);
  relay.sends(data(1000));
  guest.sends(ack(1001));
  flow.has_in_flight(0);
}

}  // namespace nsrun::tcp
