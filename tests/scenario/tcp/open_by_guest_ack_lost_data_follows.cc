// SPDX-License-Identifier: Apache-2.0
//
// The handshake's last ACK is lost; the first data carries it too.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestAckLostDataFollows) {
  guest.sends(syn());
  host.connects();
  relay.sends(syn_ack());
  guest.loses(ack(1));
  guest.sends(data(10));
  flow.is(State::kEstablished);
  relay.sends(ack(11));
  host.has_received(10);
}

}  // namespace nsrun::tcp
