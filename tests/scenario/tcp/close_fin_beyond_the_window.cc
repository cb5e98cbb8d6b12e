// SPDX-License-Identifier: Apache-2.0
//
// Data that the window cuts takes the FIN behind it along.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseFinBeyondTheWindow) {
  settings.receive_limit_bytes = 1000;
  guest_connected();
  guest.sends(data(1500).with_fin());
  relay.sends(ack(1001));
  host.sees_no_end();
  guest.sends(data(500).seq(1001).with_fin());
  relay.sends(ack(1502));
  host.has_received(1500);
  host.sees_the_end();
}

}  // namespace nsrun::tcp
