// SPDX-License-Identifier: Apache-2.0
//
// RFC 9293 section 3.8.6.2.1: with something in flight a small opening is not worth a segment;
// with nothing in flight it is all there is.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowSillyWaitsForMore) {
  guest.shift = 0;
  guest.window = 8000;
  guest_connected();
  host.gives(9000);
  relay.sends(data(8000));
  guest.window = 1000;
  guest.sends(ack(7900));
  flow.can_send(0);
  relay.is_silent();
  guest.window = 1561;
  guest.sends(ack(7900));
  relay.sends(data(1000).seq(8001));
}

TEST_P(Scenario, WindowSillyIsAllThereIs) {
  guest.shift = 0;
  guest.window = 8000;
  guest_connected();
  host.gives(8100);
  relay.sends(data(8000));
  guest.window = 10;
  guest.sends(ack(8001));
  relay.sends(data(10));
}

}  // namespace nsrun::tcp
