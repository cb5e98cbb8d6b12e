// SPDX-License-Identifier: Apache-2.0
//
// Nobody is there: twelve probes, then the connection is given up.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowProbeUnanswered) {
  guest_connected();
  guest.window = 0;
  guest.sends(data(1));
  relay.sends(ack(2));
  host.gives(1000);
  for (int probe = 0; probe < 12; ++probe) {
    after(probe < 9 ? 200ms * (1 << probe) : 60s);
    relay.loses(ack(2).seq(0));
  }
  after(60s);
  relay.sends(rst_ack());
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
