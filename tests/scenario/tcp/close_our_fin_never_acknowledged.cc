// SPDX-License-Identifier: Apache-2.0
//
// A guest that vanished while our FIN was under way is given up after twelve retries.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseOurFinNeverAcknowledged) {
  guest_connected();
  host.ends();
  relay.loses(fin());
  for (int retry = 0; retry < 12; ++retry) {
    after(retry < 9 ? 200ms * (1 << retry) : 60s);
    relay.loses(fin().seq(1));
  }
  after(60s);
  relay.sends(rst_ack());
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
