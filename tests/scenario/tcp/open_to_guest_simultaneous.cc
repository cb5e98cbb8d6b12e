// SPDX-License-Identifier: Apache-2.0
//
// Both SYNs cross (RFC 9293 section 3.5, figure 8). Two ends that answer each other's SYN-ACK with
// a SYN-ACK would never stop.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenToGuestSimultaneous) {
  host.client_arrives();
  relay.sends(syn());
  guest.sends(syn());
  flow.is(State::kSynReceived);
  relay.sends(syn_ack().seq(0).ack(1).wscale(8));
  guest.sends(syn_ack().seq(0).ack(1).window(512));
  flow.is(State::kEstablished);
  relay.sends(ack(1));
  flow.can_send(512);
  guest.sends(ack(1));
  relay.is_silent();
  flow.can_send(512 << 7);
}

TEST_P(Scenario, OpenToGuestSimultaneousWithPlainAck) {
  host.client_arrives();
  relay.sends(syn());
  guest.sends(syn());
  relay.sends(syn_ack().seq(0).ack(1));
  guest.sends(ack(1));
  flow.is(State::kEstablished);
  relay.is_silent();
}

}  // namespace nsrun::tcp
