// SPDX-License-Identifier: Apache-2.0
//
// The guest's own keepalives get their answer: empty as from Linux, or with one byte of old.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, KeepaliveOfGuestAnswered) {
  guest_connected();
  guest.sends(data(100));
  relay.sends(ack(101));
  for (int hour = 0; hour < 3; ++hour) {
    after(1h);
    guest.sends(ack().seq(100));
    relay.sends(ack(101));
  }
  after(1h);
  guest.sends(data(1).seq(100));
  relay.sends(ack(101));
  host.has_received(100);
}

}  // namespace nsrun::tcp
