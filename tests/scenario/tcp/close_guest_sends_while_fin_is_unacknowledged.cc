// SPDX-License-Identifier: Apache-2.0
//
// In FIN-WAIT-1 the guest's data is taken as well.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseGuestSendsWhileFinIsUnacknowledged) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(data(1000).ack(1));
  flow.is(State::kFinWait1);
  relay.sends(ack(1001));
  host.has_received(1000);
}

}  // namespace nsrun::tcp
