// SPDX-License-Identifier: Apache-2.0
//
// A server that accepts and closes at once: the FIN follows the handshake.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseBeforeTheHandshakeIsComplete) {
  guest.sends(syn());
  host.connects();
  relay.sends(syn_ack());
  host.ends();
  relay.is_silent();
  flow.is(State::kSynReceived);
  guest.sends(ack(1));
  relay.sends(fin());
  flow.is(State::kFinWait1);
}

}  // namespace nsrun::tcp
