// SPDX-License-Identifier: Apache-2.0
//
// A client of a published port: SYN, SYN-ACK, ACK.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenToGuestAccepted) {
  host.client_arrives();
  flow.is(State::kSynSent);
  relay.sends(syn().mss(1460).wscale(8).window(65535));
  guest.sends(syn_ack());
  flow.is(State::kEstablished);
  relay.sends(ack(1));
  host.gives(1000);
  relay.sends(data(1000));
  guest.sends(ack(1001));
  flow.has_in_flight(0);
}

}  // namespace nsrun::tcp
