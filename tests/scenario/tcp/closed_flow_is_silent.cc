// SPDX-License-Identifier: Apache-2.0
//
// What arrives for a connection that has just ended changes nothing; the relay answers for unknown
// flows.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, ClosedFlowIsSilent) {
  guest_connected();
  guest.sends(rst());
  guest.sends(data(100));
  guest.sends(fin());
  guest.sends(syn());
  host.gives(100);
  host.ends();
  after(24h);
  relay.is_silent();
  host.has_received(0);
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
