// SPDX-License-Identifier: Apache-2.0
//
// RFC 9293 section 3.10.7.4: an older segment (SND.WL1, SND.WL2) does not bring an older window
// back.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowOfAReorderedAcknowledgment) {
  guest_connected();
  host.gives(1000);
  relay.sends(data(1000));
  guest.window = 100;
  guest.sends(ack(1001));
  flow.can_send(12'800);
  guest.window = 3;
  guest.sends(ack(501));
  flow.can_send(12'800);
}

}  // namespace nsrun::tcp
