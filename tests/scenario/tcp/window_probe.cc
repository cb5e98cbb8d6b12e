// SPDX-License-Identifier: Apache-2.0
//
// RFC 9293 section 3.8.6.1: a closed window is probed, ever more rarely, for as long as the guest
// answers.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowProbe) {
  guest_connected();
  guest.window = 0;
  guest.sends(data(1));
  relay.sends(ack(2));
  host.gives(1000);
  for (int probe = 0; probe < 50; ++probe) {
    const auto pause = probe < 9 ? 200ms * (1 << probe) : 60s;
    after(pause - 1ms);
    relay.is_silent();
    after(1ms);
    relay.sends(ack(2).seq(0));
    guest.sends(ack(1));
  }
  flow.is(State::kEstablished);
  guest.window = 512;
  guest.sends(ack(1));
  relay.sends(data(1000));
}

}  // namespace nsrun::tcp
