// SPDX-License-Identifier: Apache-2.0
//
// The SYN's round trip ends with the SYN-ACK, not with the first data an hour later.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenToGuestMeasuresTheHandshake) {
  host.client_arrives();
  relay.sends(syn());
  after(30ms);
  guest.sends(syn_ack());
  relay.sends(ack(1));
  flow.measured_round_trip(30ms);
  after(1h);
  host.gives(100);
  relay.loses(data(100));
  after(200ms);
  relay.sends(data(100).seq(1));
}

}  // namespace nsrun::tcp
