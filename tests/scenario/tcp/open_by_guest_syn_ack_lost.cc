// SPDX-License-Identifier: Apache-2.0
//
// The SYN-ACK is sent again after a second, without waiting for the guest.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestSynAckLost) {
  guest.sends(syn());
  host.connects();
  relay.loses(syn_ack().ack(1));
  after(999ms);
  relay.is_silent();
  after(1ms);
  relay.sends(syn_ack().seq(0).ack(1));
  guest.sends(ack(1));
  flow.is(State::kEstablished);
}

}  // namespace nsrun::tcp
