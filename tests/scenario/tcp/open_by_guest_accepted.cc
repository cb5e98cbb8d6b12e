// SPDX-License-Identifier: Apache-2.0
//
// The SYN-ACK waits for the host's connect(): what the guest sees as accepted has been accepted.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestAccepted) {
  guest.sends(syn().mss(1460).wscale(7));
  flow.is(State::kConnecting);
  flow.has_no_deadline();
  after(5s);
  relay.is_silent();
  host.connects();
  relay.sends(syn_ack().ack(1).mss(1460).wscale(8).window(65535));
  flow.is(State::kSynReceived);
  guest.sends(ack(1));
  flow.is(State::kEstablished);
  relay.is_silent();
}

}  // namespace nsrun::tcp
