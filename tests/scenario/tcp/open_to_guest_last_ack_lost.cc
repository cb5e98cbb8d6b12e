// SPDX-License-Identifier: Apache-2.0
//
// Our ACK of the SYN-ACK is lost: the guest sends its SYN-ACK again and gets another.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenToGuestLastAckLost) {
  host.client_arrives();
  relay.sends(syn());
  guest.sends(syn_ack());
  relay.loses(ack(1));
  after(1s);
  guest.sends(syn_ack().seq(0));
  relay.sends(ack(1));
  flow.is(State::kEstablished);
}

}  // namespace nsrun::tcp
