// SPDX-License-Identifier: Apache-2.0
//
// The host's bytes wait at a closed window and go on when it opens.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowClosedByGuest) {
  guest_connected();
  guest.window = 10;  // 1280 bytes
  guest.sends(data(1));
  relay.sends(ack(2));
  host.gives(3000);
  relay.sends(data(1280));
  guest.window = 0;
  guest.sends(ack(1281));
  flow.can_send(0);
  relay.is_silent();
  guest.window = 100;
  guest.sends(ack(1281));
  relay.sends(data(1720));
}

}  // namespace nsrun::tcp
