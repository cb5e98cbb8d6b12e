// SPDX-License-Identifier: Apache-2.0
//
// The probes' back-off is not the next segment's: a loss right after the stall is mended in the
// usual time.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowOpensAfterLongStall) {
  guest_connected();
  guest.window = 0;
  guest.sends(data(1));
  relay.sends(ack(2));
  host.gives(1000);
  for (int probe = 0; probe < 10; ++probe) {
    after(probe < 9 ? 200ms * (1 << probe) : 60s);
    relay.sends(ack(2).seq(0));
    guest.sends(ack(1));
  }
  guest.window = 512;
  guest.sends(ack(1));
  relay.loses(data(1000));
  after(200ms);
  relay.sends(data(1000).seq(1));
}

}  // namespace nsrun::tcp
