// SPDX-License-Identifier: Apache-2.0
//
// A SYN sent again while the host connects is no second connection, and brings no second SYN-ACK.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestRepeatsSyn) {
  guest.sends(syn());
  after(1s);
  guest.sends(syn().seq(0));
  after(2s);
  guest.sends(syn().seq(0));
  relay.is_silent();
  host.connects();
  relay.sends(syn_ack().ack(1));
  guest.sends(ack(1));
  flow.is(State::kEstablished);
}

TEST_P(Scenario, OpenByGuestRepeatsSynBecauseSynAckWasLost) {
  guest.sends(syn());
  host.connects();
  relay.loses(syn_ack().ack(1));
  after(500ms);
  guest.sends(syn().seq(0));
  relay.sends(syn_ack().seq(0).ack(1).wscale(8));
  guest.sends(ack(1));
  flow.is(State::kEstablished);
}

}  // namespace nsrun::tcp
