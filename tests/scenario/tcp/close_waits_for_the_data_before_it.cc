// SPDX-License-Identifier: Apache-2.0
//
// Our FIN stands behind everything that the host gave, also while the window is closed.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseWaitsForTheDataBeforeIt) {
  guest_connected();
  guest.window = 0;
  guest.sends(data(1));
  relay.sends(ack(2));
  host.gives(1000);
  host.ends();
  relay.is_silent();
  flow.is(State::kEstablished);
  guest.window = 512;
  guest.sends(ack());
  relay.sends(data(1000));
  relay.sends(fin());
  guest.sends(ack(1002));
  flow.is(State::kFinWait2);
}

}  // namespace nsrun::tcp
