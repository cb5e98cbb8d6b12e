// SPDX-License-Identifier: Apache-2.0
//
// RFC 9293 section 3.10.7.4: in SYN-RECEIVED an acknowledgment of something else is reset, and the
// handshake goes on.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestWrongAck) {
  guest.sends(syn());
  host.connects();
  relay.sends(syn_ack());
  guest.sends(ack(99));
  relay.sends(rst().seq(99));
  flow.is(State::kSynReceived);
  guest.sends(ack(1));
  flow.is(State::kEstablished);
}

}  // namespace nsrun::tcp
